// Whether a client may tell a password in the clear (RFC 4954 §4, RFC 8314 §4.1): what --tls and --login-without-tls say
// of it. Knows the setup and the options; no command, and no reply.

import type { Networks } from "../options/table.ts";
import type { Setup } from "./protocol.ts";

/** An unknown client is in no network: it may only where everybody may. */
export function mayLogIn(
  { tls, tlsOffer, clientAddress }: Setup,
  { loginWithoutTls }: { readonly loginWithoutTls: Networks | null },
): boolean {
  if (tls) return true;
  if (tlsOffer === "required") return false;
  return loginWithoutTls === null ? tlsOffer === "off" : loginWithoutTls.has(clientAddress);
}

/** Whether TLS can be asked for. */
export function offersTls({ tls, tlsOffer }: Setup): boolean {
  return !tls && (tlsOffer === "optional" || tlsOffer === "required");
}
