/** Of "a-password", by bcrypt. */
export const PASSWORD_HASH = "$2b$04$7aHE7aiAkHsExSLNPv7ht.t9M6BTeBSUtXtHoBJpcjgFYc6e.D9Ye";

/** Node-RED's `adminAuth` with a user who may read, and one who may do everything. */
export function readerAndWriter(): object {
  const user = (username: string, permissions: string) => ({ username, password: PASSWORD_HASH, permissions });
  return { type: "credentials", users: [user("reader", "read"), user("writer", "*")] };
}

/** Signs in. @returns this user's token */
export async function signIn(url: string, username: string): Promise<string> {
  const body = new URLSearchParams({ client_id: "node-red-admin", grant_type: "password", scope: "", username, password: "a-password" });
  const answer = await fetch(`${url}/auth/token`, { method: "POST", body });
  if (!answer.ok) throw new Error(`sign in: ${answer.status}`);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

/** The headers of a user's requests; none without a user. */
export async function headersOf(url: string, username?: string): Promise<Record<string, string>> {
  return username === undefined ? {} : { authorization: `Bearer ${await signIn(url, username)}` };
}
