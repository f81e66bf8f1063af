// What the servers of a configuration offer: each is asked, once, as a client would ask it, and left. A program is
// started for that only where somebody named it, and as whom it would run. Knows processes and sockets; what is said,
// and what an answer comes to, the protocol knows.

import { startChild } from "../../io/child.ts";
import type { Server } from "../../io/peer.ts";
import { addressOf, connectTcp, type Destination, wayOf } from "../../io/tcp.ts";
import { within } from "../../io/within.ts";
import { RUN_OPTIONS } from "../../options/run.ts";
import type { ServerPlan } from "../../options/server.ts";
import type { Settings } from "../../options/settings.ts";
import { serverArguments, serverEnvironment } from "../../os/environment.ts";
import { groupsOf, isRoot } from "../../os/identity.ts";
import type { Inquiry } from "../../protocols/inquiry.ts";
import type { AnyProtocol } from "../../protocols/protocol.ts";
import { Incoming } from "../../session/incoming.ts";
import { NOBODY } from "../../wire/addresses.ts";
import { encode } from "../../wire/latin1.ts";
import { writeNobody } from "../../wire/proxy-header.ts";
import { serverTlsOf } from "../tls.ts";
import type { People } from "./people.ts";

/** What a server says of itself, each as it said it; or why that is not known. */
export type Answer = { readonly offers: readonly string[] } | { readonly failed: string };

/** A server, as a person knows it, and its answer. */
export interface Asked {
  readonly server: string;
  readonly answer: Answer;
}

/** Seconds for all that one server is asked: who looks names up first may take some of them to greet. */
const PATIENCE = 10;
/** Seconds it may take to go afterwards. */
const LEAVE_PATIENCE = 1;
/** Octets of a line, and of all that it says, as in a session. */
const LINE = 2048;
const MOST = 65536;

/**
 * All at the same time. Only of a configuration that has no error.
 * @param hostname our own name, which the servers are told
 * @returns nothing where there is nobody to be asked
 */
export async function capabilities(
  protocol: AnyProtocol,
  settings: Settings,
  plan: ServerPlan,
  people: People,
  hostname: string,
): Promise<readonly Asked[]> {
  const { inquiry } = protocol;
  if (inquiry === undefined || "originals" in plan) return [];
  if ("argv" in plan) {
    if (settings.server.length === 0) return []; // nobody named it
    const [server] = plan.argv;
    if (isRoot() && people.server === null) return [{ server, answer: { failed: AS_ROOT } }];
    return [
      { server, answer: await answerOf((fail) => start(plan.argv, people, fail), inquiry.ask(hostname)) },
    ];
  }
  const tls = await serverTlsOf(plan, settings);
  const { sendProxy } = settings.read(RUN_OPTIONS);
  const asked = plan.destinations.map(async (destination, index): Promise<Asked> => {
    const way = wayOf(tls[index], protocol, () => hostname);
    const first = sendProxy === null ? null : writeNobody(sendProxy);
    const open = (fail: Fail) => reach(destination, { way, first }, fail);
    return { server: addressOf(destination), answer: await answerOf(open, inquiry.ask(hostname)) };
  });
  return Promise.all(asked);
}

const AS_ROOT = "it would run as root: give --user";

/** Told why there is no server. */
type Fail = (reason: string) => void;

function start(argv: readonly [string, ...string[]], { server }: People, fail: Fail): Server {
  const nobody = { client: NOBODY, server: NOBODY };
  return startChild({
    argv: serverArguments(argv, nobody, false),
    env: serverEnvironment(nobody, process.env.TZ, false),
    identity: isRoot() && server !== null ? { ...server, groups: groupsOf(server) } : null,
    outranks: false, // whoever checks is who starts it
    onStderr: () => {},
    onFailure: fail,
  });
}

function reach(
  destination: Destination,
  { way, first }: { readonly way: ReturnType<typeof wayOf>; readonly first: Uint8Array | null },
  fail: Fail,
): Server {
  return connectTcp({
    ...{ destinations: [destination], wayTo: () => way, first: Promise.resolve(first) },
    onFailure: (_, reason) => fail(reason),
    onUnavailable: () => {},
  });
}

async function answerOf(open: (fail: Fail) => Server, dialogue: Inquiry): Promise<Answer> {
  let reason: string | null = null;
  const server = open((why) => {
    reason = why;
  });
  const answer = await within(
    converse(server, dialogue).catch((): Answer => ({ failed: HUNG_UP })),
    PATIENCE,
  );
  if (answer === null) await server.abort();
  else await server.leave(LEAVE_PATIENCE);
  if (reason !== null) return { failed: reason };
  return answer ?? { failed: "no answer in time" };
}

const HUNG_UP = "hangs up";

async function converse(server: Server, dialogue: Inquiry): Promise<Answer> {
  const incoming = new Incoming();
  let octets = 0;
  for (;;) {
    const line = incoming.line(LINE);
    if (line === null ? incoming.pending > LINE : line.tooLong)
      return { failed: "says a line that is too long" };
    if (line === null) {
      const chunk = await server.read();
      if (chunk === null) return { failed: HUNG_UP };
      octets += chunk.length;
      if (octets > MOST) return { failed: "says too much" };
      incoming.give(chunk);
      continue;
    }
    const step = dialogue.serverLine(line.text);
    if (step === "more") continue;
    if ("failed" in step) return step;
    server.write(encode(step.server));
    await server.flush();
    if ("offers" in step) return { offers: step.offers };
  }
}
