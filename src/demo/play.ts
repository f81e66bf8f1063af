// Plays the scenes over the real listeners and tells of each step what the client said, what the wrapper
// decided (from its log), what the server saw (from what it received) and what the client was told. Compares
// that with what the scene says should come of it. Knows no protocol's words.

import { Client } from "./client.ts";
import { entriesOf, Growing, type LogEntry } from "./evidence.ts";
import type { Narrator } from "./narrator.ts";
import type { Scene, Step } from "./scenes.ts";

/** Where one service can be reached and what it leaves behind. */
export interface Place {
  readonly port: number;
  /** What listens there. */
  readonly command: readonly string[];
  readonly log: string;
  readonly record: string;
  /** The certificate that is served there, in PEM, and for whom; null where no TLS is spoken. */
  readonly certificate: { readonly pem: string; readonly name: string } | null;
}

/** What is found after a step. */
interface Findings {
  readonly reply: string;
  readonly log: readonly LogEntry[];
  readonly received: string;
}

/** The log and the record are complete when nothing was added for so long (milliseconds). */
const QUIET = 30;
const PATIENCE = 3000;

/** @returns how many steps went otherwise than the scene says */
export async function play(scene: Scene, place: Place, narrator: Narrator): Promise<number> {
  narrator.say();
  narrator.say(scene.title, "bold");
  const log = new Growing(place.log);
  const record = new Growing(place.record);
  log.take();
  record.take();
  const client = new Client(place.port);
  let wrong = 0;
  try {
    for (const step of scene.steps) {
      if (step.send !== "") client.send(step.send);
      const reply = await client.reply(step.ending ?? "status");
      if (step.secures && place.certificate !== null)
        await client.secure(place.certificate.pem, place.certificate.name);
      const findings = { reply, ...(await settled(step, log, record)) };
      tell(step, findings, narrator);
      for (const complaint of complaints(step, findings)) {
        narrator.row("WRONG", complaint, "red");
        wrong++;
      }
      if (reply === "") break;
    }
  } finally {
    client.close();
  }
  return wrong;
}

/** Waits until log and record tell of the step and no more is added. */
async function settled(step: Step, log: Growing, record: Growing): Promise<Omit<Findings, "reply">> {
  const end = Date.now() + PATIENCE;
  let told = "";
  let received = "";
  for (;;) {
    const [moreTold, moreReceived] = [log.take(), record.take()];
    told += moreTold;
    received += moreReceived;
    const missing = step.send !== "" && (told === "" || (step.secures && !/\bevent=tls/.test(told)));
    if (Date.now() > end || (!missing && moreTold === "" && moreReceived === "")) break;
    await Bun.sleep(QUIET);
  }
  return { log: entriesOf(told), received };
}

function tell(step: Step, { reply, log, received }: Findings, narrator: Narrator): void {
  narrator.say();
  narrator.row("client", step.send === "" ? "(connects)" : step.send, "cyan");
  const refusal = refusalIn(log);
  const failure = failureIn(log);
  if (refusal !== null) narrator.row("wrapper", `refused by rule ${refusal}`, "yellow");
  else if (failure !== null) narrator.row("wrapper", `ended the session, no TLS: ${failure}`, "yellow");
  else if (received === "") narrator.row("wrapper", "answered by itself", null);
  else narrator.row("wrapper", step.send.includes(received) ? "passed" : "passed, written anew", "green");
  narrator.row("server", received === "" ? "(saw nothing)" : received, received === "" ? "dim" : null);
  narrator.row("reply", reply === "" ? "(none)" : reply, null);
  const secured = securedIn(log);
  if (secured !== null) narrator.row("TLS", secured, "green");
  if (step.remark !== undefined) narrator.row("", step.remark, "dim");
}

/** The rule that refused the line, as the log has it. */
function refusalIn(log: readonly LogEntry[]): string | null {
  return eventIn(log, "refused", "rule");
}

/** Why TLS was asked for and is not spoken. */
function failureIn(log: readonly LogEntry[]): string | null {
  return eventIn(log, "tls-failed", "reason");
}

/** What the log tells of a handshake. */
function securedIn(log: readonly LogEntry[]): string | null {
  const secured = log.find((entry) => entry.get("event") === "tls");
  if (secured === undefined) return null;
  return `${secured.get("tls")}, ${secured.get("cipher")}, with the certificate of ${secured.get("cert")}`;
}

function eventIn(log: readonly LogEntry[], event: string, key: string): string | null {
  const found = log.find((entry) => entry.get("event") === event);
  return found === undefined ? null : (found.get(key) ?? "");
}

function complaints(step: Step, { reply, log, received }: Findings): string[] {
  const refusal = refusalIn(log);
  const found: string[] = [];
  if (!step.reply.test(reply)) found.push(`the reply should be ${step.reply}`);
  if (step.refused === undefined && refusal !== null) found.push("it should have passed");
  if (step.refused !== undefined && !step.refused.test(refusal ?? ""))
    found.push("it should have been refused");
  const failure = failureIn(log);
  if (step.failed === undefined && failure !== null) found.push("there should be TLS");
  if (step.failed !== undefined && !step.failed.test(failure ?? ""))
    found.push(`TLS should fail for ${step.failed}`);
  if (step.secures !== (securedIn(log) === null ? undefined : true))
    found.push(step.secures ? "TLS should be spoken" : "nobody asked for TLS");
  if (step.server !== undefined && !step.server.test(received))
    found.push(`the server should see ${step.server}`);
  if (step.notServer?.test(received)) found.push(`the server should not see ${step.notServer}`);
  return found;
}
