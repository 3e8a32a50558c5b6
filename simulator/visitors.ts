/**
 * Who may use a server that listens on this machine only and asks for no password: the programs of this machine, and no web page.
 * A browser sends the requests of any page to 127.0.0.1, but its headers always say so: in `Origin`, in `Sec-Fetch-Site`, and, where a page
 * had its own host name point to 127.0.0.1 (DNS rebinding), in `Host`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);
LOOPBACK.addAddress("::1", "ipv6");

/**
 * @param allowedOrigins origins whose pages may, such as `http://localhost:1880`
 * @returns why the request is refused, for its answer; undefined where it is not
 */
export function refusal(headers: IncomingHttpHeaders, allowedOrigins: readonly string[] = []): string | undefined {
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(host)) return "this server answers to 127.0.0.1 and localhost only";
  if (origin !== undefined) {
    return sameOrigin(origin, host) || allowedOrigins.includes(origin) ? undefined : "pages of other origins may not use this server";
  }
  // A page's GET without CORS (an image, a link) has no Origin, but a site. Node.js, curl and a typed address have neither.
  const site = headers["sec-fetch-site"];
  if (site === undefined || site === "none" || site === "same-origin") return undefined;
  return "pages of other sites may not use this server";
}

/** @param host as in the header: a name or an address, and a port */
function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const family = isIP(name);
  if (family !== 0) return LOOPBACK.check(name, family === 4 ? "ipv4" : "ipv6");
  return name.toLowerCase() === "localhost";
}

/** `null`, the origin of a sandboxed page or a local file, belongs to no page that could be allowed. */
function sameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
