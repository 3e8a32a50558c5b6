import { BlockList, isIP } from "node:net";
import { AaiError } from "../common/errors";
import { addresseeOf, isAddressee } from "./addressee";
import type { SessionLine } from "./session-line";

/**
 * The address and the key for sessions. Resolved from an account's settings when a session opens, not before: a key that comes
 * from an environment variable may be missing on the machine where a flow is only edited.
 */
export interface Account {
  /** The address of the streaming service, up to and including `/v3/ws`. Holds no secret. */
  readonly url: string;
  /** Goes into the `Authorization` header as it is, without `Bearer`. */
  readonly apiKey: string;
  /** Where the streams of all its nodes wait for new sessions; absent where nothing is shared. */
  readonly line?: SessionLine;
}

/** The config node, as the nodes that open sessions see it. */
export interface AccountNode {
  /**
   * @throws AaiError AAI_KEY_MISSING, AAI_KEY_UNRESOLVED, AAI_KEY_INVALID, AAI_KEY_HOST, AAI_URL, AAI_PROPERTY
   */
  account(): Account;
}

/** The settings as they come from a flow: none of their types is certain. */
export interface AccountSettings {
  /** "default" (also where there is none), "us", "eu", "simulator" or "custom". */
  readonly endpoint: unknown;
  /** Read only where `endpoint` is "custom". */
  readonly url: unknown;
  /**
   * The credential: a key, which is for the service's own addresses, or `host[:port] key`, or `ws://host[:port] key` for an address without
   * encryption (see addressee.ts).
   */
  readonly apiKey: unknown;
  /** The value of the environment variable ASSEMBLYAI_API_KEY, which stands in for an empty key at the service's own addresses. */
  readonly environmentKey: string | undefined;
}

/** The service's own addresses: by nearest region, or in one data zone only. */
const ENDPOINTS: ReadonlyMap<string, string> = new Map([
  ["default", "wss://streaming.assemblyai.com/v3/ws"],
  ["us", "wss://streaming.us.assemblyai.com/v3/ws"],
  ["eu", "wss://streaming.eu.assemblyai.com/v3/ws"],
]);

/** `assemblyai-simulator` on this machine, on its own port. It accepts any key, and never gets a real one. */
export const SIMULATOR: Account = { url: "ws://127.0.0.1:8765/v3/ws", apiKey: "simulator" };

/** @throws AaiError as `AccountNode.account` */
export function resolveAccount(settings: AccountSettings): Account {
  if (settings.endpoint === "simulator") return SIMULATOR;
  const url = resolveAddress(settings);
  return { url, apiKey: resolveKey(settings, url) };
}

/** Whether an address is one of the service's own. */
export function isService(url: string): boolean {
  return [...ENDPOINTS.values()].some((known) => new URL(known).origin === new URL(url).origin);
}

/** A text without the white space around it; "" for anything else. */
const trimmed = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** @throws AaiError AAI_URL, AAI_PROPERTY */
export function resolveAddress({ endpoint = "default", url }: Pick<AccountSettings, "endpoint" | "url">): string {
  if (endpoint === "simulator") return SIMULATOR.url;
  if (endpoint === "custom") return checkUrl(trimmed(url));
  const known = ENDPOINTS.get(trimmed(endpoint));
  if (known === undefined) {
    // Its value is not quoted: a key may have been pasted there.
    const accepted = [...ENDPOINTS.keys(), "simulator", "custom"].join(", ");
    throw new AaiError("AAI_PROPERTY/endpoint", { name: "endpoint", accepted });
  }
  return known;
}

/** The errors quote at most the host: a pasted address may hold a token. */
function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "ws:" && url.protocol !== "wss:")) throw new AaiError("AAI_URL/syntax");
  if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) throw new AaiError("AAI_URL/secret");
  if (!url.pathname.endsWith("/v3/ws")) throw new AaiError("AAI_URL/syntax");
  if (url.protocol === "ws:" && !isPrivateHost(url.hostname)) throw new AaiError("AAI_URL/public", { host: url.hostname });
  return url.href;
}

/** Loopback (RFC 1122, RFC 4291), private (RFC 1918, RFC 4193) and link-local (RFC 4291) addresses. */
const PRIVATE_ADDRESSES = new BlockList();
PRIVATE_ADDRESSES.addSubnet("127.0.0.0", 8);
PRIVATE_ADDRESSES.addSubnet("10.0.0.0", 8);
PRIVATE_ADDRESSES.addSubnet("172.16.0.0", 12);
PRIVATE_ADDRESSES.addSubnet("192.168.0.0", 16);
PRIVATE_ADDRESSES.addAddress("::1", "ipv6");
PRIVATE_ADDRESSES.addSubnet("fc00::", 7, "ipv6");
PRIVATE_ADDRESSES.addSubnet("fe80::", 10, "ipv6");

/** @param hostname as `URL` gives it: in lower case, IPv4 in its dotted form, IPv6 in brackets */
function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(host);
  if (family !== 0) return PRIVATE_ADDRESSES.check(host, family === 4 ? "ipv4" : "ipv6");
  const name = host.replace(/\.$/, "");
  // Other names are not the network's own: a name server anywhere may answer for one without a dot, too.
  return name === "localhost" || name.endsWith(".local");
}

function resolveKey({ apiKey, environmentKey }: AccountSettings, url: string): string {
  const credential = trimmed(apiKey) || (isService(url) ? trimmed(environmentKey) : "");
  if (credential === "" && isService(url)) throw new AaiError("AAI_KEY_MISSING");
  // Node-RED leaves "${NAME}" and "$(NAME)" in place where the variable is not set. Nothing of it is quoted: it may be a key after all.
  if (/\$\{|^\$\(/.test(credential)) throw new AaiError("AAI_KEY_UNRESOLVED");
  const words = credential.split(/\s+/);
  const [addressee, key] = words.length === 2 ? words : [undefined, credential];
  if (key !== "" && !/^[\x21-\x7e]+$/.test(key ?? "")) throw new AaiError("AAI_KEY_INVALID");
  const isMeant = addressee === undefined ? isService(url) : isAddressee(addressee, url);
  if (!isMeant || !key) throw new AaiError("AAI_KEY_HOST", { host: addresseeOf(url) });
  return key;
}
