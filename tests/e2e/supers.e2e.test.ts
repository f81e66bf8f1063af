// Every super-server with the wrapper in it, a real server behind and a real client before it: mail arrives,
// the server and the log know the client as far as anyone can, and the wire carries only protocol.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { activateInput, activateThree } from "./parts/activate.ts";
import { curl } from "./parts/curl.ts";
import { type Service, samples } from "./parts/deploy.ts";
import type { Front } from "./parts/front.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { inetutils } from "./parts/inetutils.ts";
import { letter, readable, trickyLetter, unixLines } from "./parts/mail.ts";
import { delivered, Mailbox } from "./parts/mailbox.ts";
import { mailfront } from "./parts/mailfront.ts";
import { built, type Need, part, program } from "./parts/missing.ts";
import { mpopKeep } from "./parts/mpop.ts";
import { NOISE, type Noting, noting } from "./parts/noting.ts";
import { popa3d, popa3dNeeds } from "./parts/popa3d.ts";
import { ending } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { socatNofork, socatPair, socatPipes } from "./parts/socat.ts";
import { stunnel } from "./parts/stunnel.ts";
import type { SuperServer } from "./parts/superserver.ts";
import { CLIENT, foreignToPop3, foreignToSmtp, Tap, type Wire } from "./parts/tap.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { tcpsvd } from "./parts/tcpsvd.ts";
import { type Command, protowrap, wrapped } from "./parts/wrapper.ts";
import { xinetdServer } from "./parts/xinetd.ts";

const supers: readonly SuperServer[] = [
  { name: "openbsd-inetd", needs: inetdNeeds, peer: "client", start: inetd },
  inetutils,
  xinetdServer,
  { name: "tcpserver", needs: [program("tcpserver")], peer: "client", start: tcpserver },
  tcpsvd,
  activateInput,
  activateThree,
  stunnel,
  socatNofork,
  socatPair,
  socatPipes,
];

const smtpNeeds = [built, ...mailfront.needs, ...curl.needs];
const pop3Needs = [built, ...popa3dNeeds, ...mpopKeep.needs];

describe("curl's mail arrives at mailfront, and mailfront and the log know the client", () => {
  for (const kind of supers) {
    part(`under ${kind.name}`, [...smtpNeeds, ...kind.needs], () =>
      deliver(kind, (server, ...log) => wrapped("smtp", server, ...log, "--relay-domain", "kit.test")),
    );
  }
});

describe("mpop fetches popa3d's mail, and popa3d and the log know the client", () => {
  for (const kind of supers) {
    part(`under ${kind.name}`, [...pop3Needs, ...kind.needs], () =>
      fetch(kind, (server, ...log) => wrapped("pop3", server, ...log)),
    );
  }
});

describe("The samples in scripts/deploy do the same", () => {
  const kinds: readonly (readonly [Service, readonly Need[], typeof deliver])[] = [
    ["smtp", smtpNeeds, deliver],
    ["pop3", pop3Needs, fetch],
  ];
  for (const [service, needs, converse] of kinds) {
    for (const kind of samples(service)) {
      // They say themselves who the server runs as: root.
      part(`for ${service} under ${kind.name}`, [...needs, ...kind.needs], () =>
        converse(kind, ({ argv }, ...log) => [protowrap, service, ...log, "--", ...argv], "root"),
      );
    }
  }
});

type Wrapped = (server: Command, ...log: string[]) => readonly string[];

async function deliver(kind: SuperServer, wrap: Wrapped, user?: string): Promise<void> {
  await using scratch = new Scratch();
  const server = mailfront.start(scratch);
  const noted = noting(scratch, { ...server.behind, ...(user && { user }) });
  await using listener = await kind.start(scratch, wrap(noted.server, "--log", logFile(scratch)));
  await using tap = await Tap.before(listener.port, kind.tls);
  const mail = trickyLetter();
  expect(ending(await curl.send(scratch, tap.port, mail))).toBe("exit 0");
  await listener.sessionsEnd();

  expect(server.stored().map(readable)).toEqual([readable({ ...mail, octets: unixLines(mail.octets) })]);
  expect(tap.wires.map(foreignToSmtp)).toEqual([[]]);
  expectClient(kind, listener, tap.wires[0]!, noted, scratch);
  expect(log(scratch)).toMatch(/ event=end .*messages=1 .*server-exit=0$/m);
}

async function fetch(kind: SuperServer, wrap: Wrapped): Promise<void> {
  await using scratch = new Scratch();
  const mails = [delivered(trickyLetter("one")), letter("short\r\n", "two")];
  await using _mailbox = await Mailbox.with(mails);
  const noted = noting(scratch, popa3d(scratch));
  await using listener = await kind.start(scratch, wrap(noted.server, "--log", logFile(scratch)));
  await using tap = await Tap.before(listener.port, kind.tls);
  const got = await mpopKeep.fetch(scratch, tap.port, mails.length);
  await listener.sessionsEnd();

  expect(got).toEqual(mails.map(({ octets }) => unixLines(octets).toString("latin1")).sort());
  expect(tap.wires.map(foreignToPop3)).toEqual([[]]);
  expectClient(kind, listener, tap.wires[0]!, noted, scratch);
  expect(log(scratch)).toMatch(/ event=end .*server-exit=0$/m);
}

/** Server and log were told who the client is, as far as the wrapper can know it. */
function expectClient(kind: SuperServer, listener: Front, wire: Wire, noted: Noting, scratch: Scratch): void {
  const { PATH, LANG, TZ, ...told } = noted.environment();
  const logged = [...log(scratch).matchAll(/ client=(\S+) .*event=(connect|end)/g)];
  const clients = logged.map(([, client, event]) => `${event} ${client}`);
  if (kind.peer === "nobody") {
    expect(told).toEqual({});
    expect(clients).toEqual(["connect unknown", "end unknown"]);
  } else {
    const direct = kind.peer === "client";
    const address = direct ? CLIENT : "127.0.0.1";
    const port = direct ? `${wire.clientPort}` : expect.stringMatching(/^\d+$/);
    expect(told).toEqual({
      PROTO: "TCP",
      TCPREMOTEIP: address,
      TCPREMOTEPORT: port,
      TCPLOCALIP: "127.0.0.1",
      TCPLOCALPORT: direct ? `${listener.port}` : expect.stringMatching(/^\d+$/),
      REMOTE_ADDR: address,
      REMOTE_HOST: address,
      REMOTE_PORT: port,
    });
    const client = `${address}:${told.TCPREMOTEPORT}`;
    expect(clients).toEqual([`connect ${client}`, `end ${client}`]);
  }
  // From the server's stderr; under inetd ours is the client's socket, so it must not be that.
  expect(log(scratch)).toContain(` event=server-stderr said="${NOISE}"`);
}

function logFile(scratch: Scratch): string {
  return `file:${scratch.file("log", "")}`;
}

function log(scratch: Scratch): string {
  return readFileSync(`${scratch.path}/log`, "utf8");
}
