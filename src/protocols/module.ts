// The public interface: the types of what a module from outside exports and is handed. The release has them as one
// file, protowrap-protocol.d.ts, which is made from here (scripts/building/declarations.ts). Names here stay.

export type { RunDefaults } from "../options/run.ts";
export type { GivenOf, Kind, Option, Table, ValueOf, ValuesOf } from "../options/table.ts";
export type { Entry, Told } from "../record/entry.ts";
export type { Rule } from "../record/rules.ts";
export type { Body, Forward } from "../wire/body.ts";
export type { CountedBody } from "../wire/counted.ts";
export type { Line } from "../wire/lines.ts";
export type { ListingBody } from "../wire/listing.ts";
export type { Excess, Inspector, MessageBody, MessageLimits } from "../wire/message.ts";
export type { Kit, OutsideProtocol as Protocol } from "./kit.ts";
export type { FailureWords, Login, LoginLimits, LoginPolicy } from "./login.ts";
export type { Listening, Reading } from "./next.ts";
export type {
  BodyRefusal,
  Conversation,
  Doubt,
  Expiry,
  Guess,
  Loss,
  Next,
  Obliging,
  Outcome,
  Place,
  Row,
  Setup,
  Step,
  TlsOffer,
} from "./protocol.ts";
export type { SaslAnswer, SaslExchange } from "./sasl.ts";
export type { StartTls, StartTlsStep } from "./start-tls.ts";
