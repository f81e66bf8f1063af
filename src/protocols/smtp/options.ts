// What the administrator decides for SMTP, resolved: names as on the command line, defaults filled in,
// networks already judged and expressions already compiled.

import type { Pattern } from "../../policy/pattern.ts";
import type { RelayPolicy } from "../../policy/relay.ts";
import type { Inspector } from "../../wire/message.ts";
import type { LoginLimits } from "../login.ts";

export interface SmtpOptions extends LoginLimits {
  /** Octets with line end, 0 for no check. MAIL, RCPT and AUTH lines may be ESMTP_ROOM longer. */
  readonly maxLineLength: number;
  readonly onLongLine: "refuse" | "close";
  readonly relay: RelayPolicy;
  /** The client's address is in --block-ip. */
  readonly clientBlocked: boolean;
  /** The --dnsbl zone that lists the client, or null; asked at the first MAIL, when it is known. */
  readonly listedBy: () => string | null;
  readonly blockAddress: readonly Pattern[];
  /** Looks into a message for --block-body; null when no rule is given. */
  readonly inspect: (() => Inspector) | null;
  /** 0 for no limit. */
  readonly maxRecipients: number;
  /** Octets, 0 for no limit. */
  readonly maxMessageSize: number;
  readonly bareNewline: "reject" | "normalize";
  readonly longText: "reject" | "pass";
  readonly earlyTalker: "hold" | "refuse";
  readonly auth: "off" | "pass";
  readonly ehlo: "esmtp" | "helo";
  readonly vrfy: "502" | "252";
}

/**
 * What the extensions' parameters may add to a MAIL or RCPT line: SIZE 26, BODY 17, AUTH 500, DSN about 600
 * (RFC 5321 section 4.1.1, RFC 1870, 6152, 4954, 3461), rounded up so that 512 becomes 2048.
 */
export const ESMTP_ROOM = 1536;
