// What a protocol from outside is handed, because it cannot import it from the executable: the scanners of
// bodies, which are what is hard to write. Part of the public interface: names here stay.

import { decode, encode } from "../wire/latin1.ts";
import { ListingBody } from "../wire/listing.ts";
import { MessageBody, TERMINATOR } from "../wire/message.ts";

export interface Kit {
  /** A dot-terminated answer on its way to the client (RFC 1939 section 3, RFC 3977 section 3.1.1). */
  readonly ListingBody: typeof ListingBody;
  /** A dot-terminated message on its way to the server (RFC 5321 section 4.1.1.4). */
  readonly MessageBody: typeof MessageBody;
  /** What ends it; the conversation sends it when it accepts the message. */
  readonly TERMINATOR: string;
  /** Octets as a string of units below 256, and back. */
  readonly decode: typeof decode;
  readonly encode: typeof encode;
}

export const KIT: Kit = { ListingBody, MessageBody, TERMINATOR, decode, encode };
