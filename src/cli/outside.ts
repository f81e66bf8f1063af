// `protowrap ./nntp.js …`: a protocol of somebody else's, from a module outside. It is code the
// administrator named and is trusted as such; that it is a protocol at all is checked here, so that a broken
// one is an error of the start and not of a session.

import { resolve } from "node:path";
import { KIT } from "../protocols/kit.ts";
import type { Conversation, Protocol } from "../protocols/protocol.ts";
import { UsageError } from "./usage.ts";

/** @throws UsageError that names the file and what is wrong with it */
export async function outside(path: string): Promise<Protocol<object>> {
  const module = await load(path);
  const protocol = (module.default ?? {}) as Partial<Protocol<object>>;
  const wrong = (what: string) => new UsageError(`${path}: expected a default export with ${what}`);
  if (typeof protocol.name !== "string" || !/^[a-z][a-z0-9-]*$/.test(protocol.name))
    throw wrong('a name of letters, digits and "-"');
  if (protocol.dialogue !== "lock-step" && protocol.dialogue !== "stream")
    throw wrong('dialogue "lock-step" or "stream"');
  if (typeof protocol.converse !== "function") throw wrong("a function converse(setup, options, kit)");
  if (typeof protocol.unavailable !== "function") throw wrong("a function unavailable(hostname)");
  const { name, dialogue } = protocol;
  const given = protocol as Protocol<object>;
  const whole: Protocol<object> = {
    name,
    dialogue,
    converse: (setup, options) => given.converse(setup, options, KIT),
    unavailable: (hostname) => given.unavailable(hostname),
    ...(given.obliging === undefined ? {} : { obliging: () => given.obliging!() }),
  };
  checkConversation(path, whole);
  return whole;
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(resolve(path))) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `${path}: cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What every conversation must be able to answer, whatever the client does. */
const ALWAYS = ["lineLimit", "clientLine", "serverLost", "expired", "tooManyErrors"] as const;

function checkConversation(path: string, protocol: Protocol<object>): void {
  const setup = { clientAddress: null, hostname: "localhost", canRestart: false };
  let conversation: Partial<Conversation>;
  try {
    conversation = protocol.converse(setup, { maxLineLength: 512 });
  } catch (error) {
    throw new UsageError(
      `${path}: converse() failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const needed = protocol.dialogue === "lock-step" ? [...ALWAYS, "serverLine" as const] : ALWAYS;
  const missing = needed.filter((name) => typeof conversation?.[name] !== "function");
  if (missing.length > 0)
    throw new UsageError(
      `${path}: expected a conversation with ${missing.map((name) => `${name}()`).join(", ")}`,
    );
}
