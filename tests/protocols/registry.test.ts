import { expect, test } from "bun:test";
import { join } from "node:path";
import { PROTOCOLS } from "../../src/protocols/registry.ts";
import { WORKER } from "../../src/serve/argument.ts";
import { settled } from "../settled.ts";
import { PROTOCOLS as SUBJECTS } from "../subjects.ts";
import { transcriptFiles } from "../transcripts.ts";

test.each([
  ["smtp", "lock-step", "421 4.3.0 mx.test Service not available, closing transmission channel\r\n"],
  ["pop3", "lock-step", "-ERR [SYS/TEMP] server unavailable\r\n"],
  ["managesieve", "lock-step", 'BYE (TRYLATER) "server unavailable"\r\n'],
  ["finger", "stream", "Finger service unavailable\r\n"],
  ["line", "stream", ""],
] as const)("%s is registered under its own name, in %s", async (name, dialogue, unavailable) => {
  const protocol = await PROTOCOLS[name]!.load();
  expect([protocol.name, protocol.dialogue, protocol.unavailable("mx.test")]).toEqual([
    name,
    dialogue,
    unavailable,
  ]);
});

test("a protocol in lock-step can be explained: it has a server that agrees to everything", async () => {
  for (const name of Object.keys(PROTOCOLS)) {
    const { protocol } = await settled(name);
    expect(protocol.obliging !== undefined).toBe(protocol.dialogue === "lock-step");
  }
});

test("every registered protocol has transcripts, and options for them", () => {
  const names = Object.keys(PROTOCOLS).sort();
  expect(Object.keys(SUBJECTS).sort()).toEqual(names);
  expect([...transcriptFiles(join(import.meta.dir, "../transcripts")).keys()].sort()).toEqual(names);
});

test("a listener keeps clients out in the words of their protocol", async () => {
  const told = async (name: string) => {
    const { refusal } = await PROTOCOLS[name]!.load();
    return (["network", "all", "blocked"] as const).map((why) => refusal?.("mx.test", why) ?? "");
  };
  expect(await told("smtp")).toEqual([
    "421 4.7.0 mx.test Too many connections from your network\r\n",
    "421 4.3.2 mx.test Too many connections, try again later\r\n",
    "554 5.7.1 Access denied\r\n",
  ]);
  expect(new Set(await told("pop3"))).toEqual(new Set(["-ERR [SYS/TEMP] too many connections\r\n"]));
  expect(new Set(await told("managesieve"))).toEqual(new Set(['BYE (TRYLATER) "too many connections"\r\n']));
});

test("no protocol is named as the word that starts a worker", () => {
  expect(Object.keys(PROTOCOLS)).not.toContain(WORKER);
});
