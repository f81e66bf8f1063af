// One event for the log, as the pure floors tell it: its name, its level and its keys, which are those of events.ts
// and no others. Types only.

import type { EVENTS, EventName, KEYS, KeyName } from "./events.ts";
import type { Rule } from "./rules.ts";

type Events = typeof EVENTS;
type Keys = typeof KEYS;

export type { EventName };
export type Level = Events[EventName]["level"];

/** A value of the log: text is octets, one UTF-16 unit each. */
export type Value = string | number | readonly string[];

/** Why something happened, as this event tells it. */
export type Reason<E extends EventName> = Events[E] extends { readonly reasons: infer R } ? keyof R : never;

/** Keys whose values are words of ours. */
interface OurWords {
  readonly by: "us" | "server";
  readonly side: "client" | "server";
  /** Of a protocol from outside it may be one that it declares. */
  readonly rule: Rule | (string & {});
}

interface Kinds {
  readonly text: string;
  readonly number: number;
  readonly list: readonly string[];
  readonly status: number | string;
}

type FieldOf<E extends EventName, K> = K extends "reason"
  ? Reason<E>
  : K extends keyof OurWords
    ? OurWords[K]
    : K extends KeyName
      ? Kinds[Keys[K]["is"]]
      : never;

type Split<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | Split<Rest> : Text;
type Given<E extends EventName> = Events[E]["keys"] extends "" ? never : Split<Events[E]["keys"]>;
type Sure<K> = K extends `${string}?` ? never : K;
type Maybe<K> = K extends `${infer Name}?` ? Name : never;

export type Fields<E extends EventName> = {
  readonly [K in Sure<Given<E>> & string]: FieldOf<E, K>;
} & {
  readonly [K in Maybe<Given<E>>]?: FieldOf<E, K>;
};

/** An entry of this event. */
export interface EntryOf<E extends EventName> {
  readonly level: Events[E]["level"];
  readonly event: E;
  readonly fields: Fields<E>;
}

/** An entry of one of these events: which one tells its keys. */
export type Entry<E extends EventName = EventName> = E extends EventName ? EntryOf<E> : never;

/** What is told of a client's line by name, besides the line itself. */
export type Told = Pick<Fields<"refused">, "verb" | "from" | "to" | "helo">;
