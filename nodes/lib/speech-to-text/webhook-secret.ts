import { isService } from "../assemblyai/account";
import { addresseeOf, isAddressee, isLoopback } from "../assemblyai/addressee";
import { AaiError } from "../common/errors";

/**
 * The value of the header with which the service calls a webhook: a secret between the webhook and whoever set the node up. It follows no
 * change of the webhook's address, which stands in the flow, and goes to no other server than the service.
 */

/**
 * The service may read another host than this program out of an address with a user name, a backslash or white space in it: only plain
 * host names are taken.
 */
const PLAIN_ADDRESS = /^https?:\/\/[\w.:[\]-]+(?:[/?]|$)/i;

/**
 * @param credential `host[:port] value`, or `http://host[:port] value` for a webhook without encryption; "" for none
 * @param webhook the webhook's address; without one there is nothing to send the value with
 * @throws AaiError AAI_WEBHOOK_HOST
 */
export function webhookSecret(credential: string, webhook: string | undefined): string | undefined {
  if (credential === "" || webhook === undefined) return undefined;
  if (!PLAIN_ADDRESS.test(webhook) || !URL.canParse(webhook)) throw new AaiError("AAI_WEBHOOK_HOST/url");
  const [, addressee = "", value] = /^(\S+)\s+(.+)$/s.exec(credential) ?? [];
  if (value === undefined || !isAddressee(addressee, webhook)) throw new AaiError("AAI_WEBHOOK_HOST", { host: addresseeOf(webhook) });
  return value;
}

/**
 * A simulator on this machine may have the value, too.
 * @param server the address of the sessions
 * @throws AaiError AAI_WEBHOOK_HOST
 */
export function checkWebhookServer(server: string): void {
  if (!isService(server) && !isLoopback(server)) throw new AaiError("AAI_WEBHOOK_HOST/service", { host: addresseeOf(server) });
}
