// What a protocol from outside is handed, because it cannot import it from the executable: what is hard to write,
// and what every protocol must do alike. Part of the public interface: names here stay.

import type { Table, ValuesOf } from "../options/table.ts";
import { CountedBody } from "../wire/counted.ts";
import { decode, encode } from "../wire/latin1.ts";
import { ListingBody } from "../wire/listing.ts";
import { MessageBody, TERMINATOR } from "../wire/message.ts";
import { mayLogIn } from "./clear-login.ts";
import { LoginPolicy } from "./login.ts";
import { failureSentence, loginDoubts } from "./login-words.ts";
import { download, literal, swallow, upload } from "./next.ts";
import type { Conversation, Protocol, Setup } from "./protocol.ts";
import { filterMechanisms, isInitialResponse, isOffered, MAX_SASL_LINE, SaslExchange } from "./sasl.ts";
import { LOGIN_OPTIONS, lineOptions } from "./shared-options.ts";

export interface Kit {
  /** What is read next, where that is no word: a body for the server, one for the client, octets that are held, some that go nowhere. */
  readonly upload: typeof upload;
  readonly download: typeof download;
  readonly literal: typeof literal;
  readonly swallow: typeof swallow;
  /** So many octets, announced before they come, on their way to either side. */
  readonly CountedBody: typeof CountedBody;
  /** A dot-terminated answer on its way to the client (RFC 1939 section 3, RFC 3977 section 3.1.1). */
  readonly ListingBody: typeof ListingBody;
  /** A dot-terminated message on its way to the server (RFC 5321 section 4.1.1.4). */
  readonly MessageBody: typeof MessageBody;
  /** What ends it; the conversation sends it when it accepts the message. */
  readonly TERMINATOR: string;
  /** Octets as a string of units below 256, and back. */
  readonly decode: typeof decode;
  readonly encode: typeof encode;
  /** Groups of options that protocols share, to spread into a table of one's own. */
  readonly lineOptions: typeof lineOptions;
  readonly LOGIN_OPTIONS: typeof LOGIN_OPTIONS;
  /** The one login policy, and what its options come to, for `describe` and `doubts`. */
  readonly LoginPolicy: typeof LoginPolicy;
  readonly failureSentence: typeof failureSentence;
  readonly loginDoubts: typeof loginDoubts;
  /** Whether a client may tell a password now, by what --tls and --login-without-tls say: to be asked for each login. */
  readonly mayLogIn: typeof mayLogIn;
  /** What of SASL a protocol must know. */
  readonly SaslExchange: typeof SaslExchange;
  readonly isOffered: typeof isOffered;
  readonly isInitialResponse: typeof isInitialResponse;
  readonly filterMechanisms: typeof filterMechanisms;
  readonly MAX_SASL_LINE: number;
}

export const KIT: Kit = {
  ...{ upload, download, literal, swallow, CountedBody },
  ...{ ListingBody, MessageBody, TERMINATOR, decode, encode, lineOptions, LOGIN_OPTIONS, LoginPolicy },
  ...{ failureSentence, loginDoubts, mayLogIn },
  ...{ SaslExchange, isOffered, isInitialResponse, filterMechanisms },
  MAX_SASL_LINE,
};

/** A protocol as a module from outside exports it: as any other, whose `converse` is handed the kit, too. */
export interface OutsideProtocol<T extends Table, Own extends string = never>
  extends Omit<Protocol<T, Own>, "converse"> {
  converse(setup: Setup, options: ValuesOf<T>, kit: Kit): Conversation<NoInfer<Own>>;
}
