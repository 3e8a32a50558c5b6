/**
 * The addressee of a credential. A credential for an address that a flow can change holds both, as `addressee secret`, because Node-RED
 * stores credentials field by field: with an addressee in a field of its own, somebody who does not know the secret could change where it
 * is sent.
 *
 * An addressee is `host[:port]`, or with the scheme `ws://host[:port]` or `http://host[:port]`: without the scheme in it, a change of the
 * address could take the encryption away. On this machine the scheme does not matter, as nothing leaves it.
 */

/** The addressee for an address: what the dialogs write, and what errors name. */
export function addresseeOf(url: string): string {
  const { protocol, host } = new URL(url);
  return isEncrypted(protocol) ? host : `${protocol}//${host}`;
}

/** @param addressee as somebody typed it, with a port or without */
export function isAddressee(addressee: string, url: string): boolean {
  const { protocol, host: actual } = new URL(url);
  const [, scheme, host = addressee] = /^(\w+:)\/\/(.*)$/.exec(addressee) ?? [];
  const isMeant = scheme === undefined ? isEncrypted(protocol) || isLoopback(url) : scheme === protocol;
  const address = `${protocol}//${host}/`;
  return isMeant && !/[/?#@\\]/.test(host) && URL.canParse(address) && new URL(address).host === actual;
}

export function isLoopback(url: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function isEncrypted(protocol: string): boolean {
  return protocol === "wss:" || protocol === "https:";
}
