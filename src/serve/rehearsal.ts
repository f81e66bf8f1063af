// What a worker does before its first client: sessions with nobody, over pipes, so that what is slow the first time
// has been done, and what cannot work under its confinement shows before anybody needs it. Knows sessions and pipes;
// of protocols only that one may have a server that agrees to everything.

import type { Server } from "../io/peer.ts";
import { reader } from "../io/reader.ts";
import { clientOn } from "../io/stdio.ts";
import { within } from "../io/within.ts";
import { writer } from "../io/writer.ts";
import { close, pipe, writeReady } from "../os/libc.ts";
import type { Obliging } from "../protocols/protocol.ts";
import { type SittingPlan, sit } from "../sitting.ts";
import { decode, encode } from "../wire/latin1.ts";
import type { Service } from "./service.ts";

/** Enough for the runtime to compile what a session runs; with few it is half as fast, with more no faster. */
const SESSIONS = 30;
/** Seconds for one: whoever takes longer serves nobody. */
const PATIENCE = 10;

/** What any server of lines may be told. */
const CLIENT = encode("NOOP\r\nQUIT\r\n");
const NOBODY = { client: { address: null, port: null }, server: { address: null, port: null } };

/** @throws when a session does not end */
export async function rehearse(service: Service, obliging: Obliging | null): Promise<void> {
  for (let serial = 0; serial < SESSIONS; serial++) {
    if ((await within(session(service, obliging), PATIENCE)) === null)
      throw new Error("a session that was tried did not end");
  }
}

async function session(service: Service, obliging: Obliging | null): Promise<true> {
  const from = pipe();
  const to = pipe();
  const client = clientOn(from.readEnd, to.writeEnd);
  const hearing = reader(to.readEnd);
  writeReady(from.writeEnd, CLIENT);
  close(from.writeEnd);
  const { converse, prepare, setup } = service.open(NOBODY, () => {});
  const plan: SittingPlan = {
    ...{ ...service, converse, prepare, setup, client, log: () => {} },
    isSecure: false,
    startServer: () => obligingServer(obliging, service.manner),
    isUnavailable: () => false,
  };
  const heard = (async () => {
    while ((await hearing.read()) !== null);
  })();
  await sit(plan).done;
  client.close();
  await heard;
  hearing.cancel();
  return true;
}

/**
 * Through pipes, too: reading and writing are most of what a session does. One that would have to greet, and has no
 * words, hangs up instead: nobody waits for it.
 */
function obligingServer(obliging: Obliging | null, { dialogue, greets }: Service["manner"]): Server {
  const { readEnd, writeEnd } = pipe();
  const reading = reader(readEnd);
  const writing = writer(writeEnd);
  let open = true;
  const say = (text: string) => {
    if (text !== "") writing.write(encode(text));
    void writing.flush()?.catch(() => {});
  };
  const end = () => {
    if (open) writing.end();
    open = false;
  };
  if (obliging !== null) say(obliging(""));
  else if (dialogue === "lock-step" && greets !== "nobody") end();
  return {
    read: () => reading.read(),
    write(octets) {
      if (!open) return;
      const command = decode(octets, 0, octets.length);
      say(obliging?.(command) ?? "");
      if (obliging === null || /^QUIT/i.test(command)) end();
    },
    flush: () => null,
    end,
    howLost: async () => "hung-up",
    async abort() {
      end();
      reading.cancel();
    },
    async leave() {
      end();
      reading.cancel();
      return { status: 0, signal: null };
    },
  };
}
