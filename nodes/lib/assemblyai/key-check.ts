import { isService, resolveAccount, resolveAddress, SIMULATOR, type Account, type AccountSettings } from "./account";
import type { Clock } from "../common/clock";
import { toAaiError, type ErrorKey } from "../common/errors";
import type { TextValues } from "../common/texts";

/**
 * Asks the service whether it accepts a key, at the token endpoint: that opens no session, so it costs nothing. The result holds no part
 * of the key, and none of the service's answer.
 */
export type KeyCheck =
  /** The service accepts the key. */
  | { readonly result: "valid" }
  /** The service refuses the key (HTTP 401 or 403) or the account (402). */
  | { readonly result: "refused"; readonly status: number }
  /** Too many requests for now. */
  | { readonly result: "limited" }
  /** No answer, or not one of the service's. `detail`: a code such as ENOTFOUND, or "HTTP 503". */
  | { readonly result: "unreachable"; readonly detail: string }
  /** There was no key to check, or the address cannot be used. */
  | { readonly result: "unusable"; readonly error: { readonly key: ErrorKey; readonly values: TextValues } }
  /** It would have to be asked at an address that only the editor knows, or with a key that nobody has yet. */
  | { readonly result: "undeployed" };

/** The fields of the dialog, of any type. Without `apiKey`, the key that is saved in Node-RED is checked. */
export interface KeyCheckRequest {
  readonly endpoint?: unknown;
  readonly url?: unknown;
  readonly apiKey?: unknown;
}

/** The state of Node-RED. */
export interface KnownKeys {
  /** The settings of the config node as it is deployed. */
  readonly deployed: AccountSettings | undefined;
  /** The value of ASSEMBLYAI_API_KEY. */
  readonly environmentKey: string | undefined;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Pick<Response, "status" | "headers">>;

export const ANSWER_WITHIN_MS = 10_000;
/** The shortest lifetime of a token that is certainly granted; the token is not read. */
const TOKEN_SECONDS = 60;

/** Never rejects. */
export async function checkKey(request: KeyCheckRequest, known: KnownKeys, fetch: Fetch, clock: Clock): Promise<KeyCheck> {
  let account: Account | undefined;
  try {
    account = chooseAccount(request, known);
  } catch (thrown) {
    const { key, values } = toAaiError(thrown);
    return { result: "unusable", error: { key, values } };
  }
  return account === undefined ? { result: "undeployed" } : ask(account, fetch, clock);
}

/**
 * The address and the key to ask with. Only the service's own addresses, the simulator's fixed one and the host of the deployed account are
 * asked: whoever may open the dialog would otherwise learn which hosts and ports answer in Node-RED's network.
 *
 * @returns undefined for any other, and for a key that is not known yet
 * @throws AaiError as `AccountNode.account`
 */
function chooseAccount({ endpoint, url, apiKey }: KeyCheckRequest, { deployed, environmentKey }: KnownKeys): Account | undefined {
  if (endpoint === "simulator") return SIMULATOR; // it needs no key
  const address = resolveAddress({ endpoint, url });
  if (!isService(address) && !(deployed && isHostOf(deployed, address))) return undefined;
  if (apiKey === undefined) return deployed && resolveAccount({ ...deployed, endpoint, url });
  const typed = typeof apiKey === "string" ? apiKey.trim() : "";
  if (/\$\{|^\$\(/.test(typed)) return undefined; // Node-RED puts the variable's value there at a deploy
  return resolveAccount({ endpoint, url, apiKey: typed, environmentKey });
}

function isHostOf(deployed: AccountSettings, address: string): boolean {
  try {
    return new URL(resolveAddress(deployed)).origin === new URL(address).origin;
  } catch {
    return false; // it has none that can be used
  }
}

async function ask(account: Account, fetch: Fetch, clock: Clock): Promise<KeyCheck> {
  const patience = new AbortController();
  const timer = clock.setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
  try {
    const headers = { authorization: account.apiKey };
    const response = await fetch(tokenUrl(account.url), { headers, redirect: "manual", signal: patience.signal });
    return judge(response);
  } catch (thrown) {
    return { result: "unreachable", detail: patience.signal.aborted ? "ETIMEDOUT" : reasonOf(thrown) };
  } finally {
    timer.cancel();
    patience.abort(); // the token is not read
  }
}

/** On the same host as the socket: wss://host/v3/ws → https://host/v3/token */
function tokenUrl(socketUrl: string): string {
  return `${socketUrl.replace(/^ws/, "http").replace(/ws$/, "token")}?expires_in_seconds=${TOKEN_SECONDS}`;
}

function judge({ status, headers }: Pick<Response, "status" | "headers">): KeyCheck {
  switch (status) {
    case 401:
    case 402:
    case 403:
      return { result: "refused", status };
    case 429:
      return { result: "limited" };
    default:
      // The login page of a hotel's network, for example, is not an answer of the service's.
      if (status === 200 && headers.get("content-type")?.includes("json")) return { result: "valid" };
      return { result: "unreachable", detail: `HTTP ${status}` };
  }
}

/** Why there was no answer: the code, or the message of the innermost cause, because fetch's own messages may quote the request. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "?";
  const { cause } = thrown;
  if (!(cause instanceof Error)) return thrown.name;
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
