// Blackhole lists of a real name server, asked by the built program about clients it learns of in every way.

import { describe, expect } from "bun:test";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { type Conversation, dial, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { mailfront } from "./parts/mailfront.ts";
import type { MailServer } from "./parts/mailserver.ts";
import { built, part, program } from "./parts/missing.ts";
import { pipe } from "./parts/pipe.ts";
import { freeUdpPort } from "./parts/port.ts";
import { rbldnsd, rbldnsdNeeds } from "./parts/rbldnsd.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greet, quit } from "./parts/session.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { wrapped } from "./parts/wrapper.ts";

const needs = [built, ...rbldnsdNeeds, ...mailfront.needs];

const lists = [
  {
    zone: "bl.test",
    ipv4: [
      "192.0.2.7 :2:Sends spam, see http://bl.test/$",
      "192.0.2.128/25 :4:Dynamic",
      "127.0.0.1 :2:Loopback",
    ],
    ipv6: ["2001:db8:5::/48 :2:Sends spam over IPv6"],
  },
  { zone: "other.test", ipv4: ["198.51.100.3 :9:Other"] },
  // How a list says that it is not to be asked (any more).
  { zone: "closed.test", ipv4: ["0.0.0.0/0 :127.255.255.254:Do not ask"] },
];

/** The wrapper in front of mailfront, its log in a file, and the client as a TLS front would tell of it. */
function asked(scratch: Scratch, server: MailServer, client: string, ...options: string[]): string[] {
  const log = ["--log", `file:${scratch.file("log", "")}`, "--log-level", "2"];
  Bun.spawnSync(["chmod", "666", `${scratch.path}/log`]);
  const argv = wrapped("smtp", server.behind, ...log, "--relay-domain", "kit.test", ...options);
  return ["/usr/bin/env", `TCPREMOTEIP=${client}`, "TCPREMOTEPORT=49152", ...argv];
}

function logOf(scratch: Scratch): string {
  return readFileSync(`${scratch.path}/log`, "latin1");
}

const listed = /^550 5\.7\.1 [^\r\n]*\r\n$/;

/** What is said to MAIL; a client that is not listed gets its mail through. */
async function verdict(talk: Conversation): Promise<"listed" | "welcome"> {
  await greet(talk);
  const answer = await talk.ask("MAIL FROM:<alice@client.test>");
  if (listed.test(answer)) {
    expect(await talk.ask("RCPT TO:<kituser@kit.test>")).toStartWith("503 ");
    expect(await talk.ask("DATA")).toStartWith("503 ");
    expect(await talk.ask("MAIL FROM:<bob@client.test>")).toMatch(listed);
    await quit(talk);
    return "listed";
  }
  expect(answer).toStartWith("250 ");
  expect(await talk.ask("RSET")).toStartWith("250 ");
  await envelope(talk);
  expect(await talk.ask("text\r\n.")).toStartWith("250 ");
  await quit(talk);
  return "welcome";
}

describe("A client is asked about at a real name server", () => {
  const bl = ["--dnsbl", "bl.test"];
  for (const { what, client, options, verdict: expected } of [
    { what: "an IPv4 address that is listed", client: "192.0.2.7", options: bl, verdict: "listed" },
    {
      what: "the same as an IPv6 socket tells it",
      client: "::ffff:192.0.2.7",
      options: bl,
      verdict: "listed",
    },
    { what: "an address in a listed network", client: "192.0.2.200", options: bl, verdict: "listed" },
    { what: "an IPv4 address that is not listed", client: "192.0.2.8", options: bl, verdict: "welcome" },
    { what: "the listed address backwards", client: "7.2.0.192", options: bl, verdict: "welcome" },
    { what: "an IPv6 address that is listed", client: "2001:db8:5::19", options: bl, verdict: "listed" },
    { what: "an IPv6 address that is not listed", client: "2001:db8:6::19", options: bl, verdict: "welcome" },
    {
      what: "an address listed with another code than those that count",
      client: "192.0.2.7",
      options: ["--dnsbl", "bl.test=127.0.0.4,127.0.0.9"],
      verdict: "welcome",
    },
    {
      what: "an address listed with one of the codes that count",
      client: "192.0.2.200",
      options: ["--dnsbl", "bl.test=127.0.0.9,127.0.0.4"],
      verdict: "listed",
    },
    {
      what: "an address that only the second list knows",
      client: "198.51.100.3",
      options: [...bl, "--dnsbl", "other.test"],
      verdict: "listed",
    },
    {
      what: "an address of which the list says that it may not be asked",
      client: "198.51.100.4",
      options: ["--dnsbl", "closed.test"],
      verdict: "welcome",
    },
  ] as const) {
    part(`${what}: ${expected}`, needs, async () => {
      await using scratch = new Scratch();
      await using names = await rbldnsd(scratch, lists);
      const server = mailfront.start(scratch);
      await using caller = pipe(
        scratch,
        asked(scratch, server, client, "--resolver", names.address, ...options),
      );
      expect(await verdict(caller.talk)).toBe(expected);
      expect(await caller.exitCode()).toBe(0);
      expect(server.stored().length).toBe(expected === "welcome" ? 1 : 0);
    });
  }

  part("the peer of a socket, whatever the environment says", [...needs, program("tcpserver")], async () => {
    await using scratch = new Scratch();
    await using names = await rbldnsd(scratch, lists);
    const server = mailfront.start(scratch);
    const argv = asked(scratch, server, "192.0.2.8", "--resolver", names.address, ...bl);
    await using listener = await tcpserver(scratch, argv);
    await using talk = await dial(listener.port);
    expect(await verdict(talk)).toBe("listed");
    await scratch.quiet([listener.pid, names.pid]);
    expect(server.stored()).toEqual([]);
  });

  part("and the list's own reason stands in the log, not in the reply", needs, async () => {
    await using scratch = new Scratch();
    await using names = await rbldnsd(scratch, lists);
    const server = mailfront.start(scratch);
    await using client = pipe(
      scratch,
      asked(scratch, server, "192.0.2.7", "--resolver", names.address, ...bl),
    );
    await greet(client.talk);
    // The reason is a second question, which nobody waits for.
    const line = await until(
      "the reason in the log",
      () => /^.*event=dnsbl-listed.*$/m.exec(logOf(scratch))?.[0],
    );
    expect(line).toContain("zone=bl.test");
    expect(line).toContain('explanation="Sends spam, see http://bl.test/192.0.2.7"');
    expect(await client.talk.ask("MAIL FROM:<alice@client.test>")).toMatch(listed);
    await quit(client.talk);
    expect(client.talk.received).not.toContain("spam");
    expect(await client.exitCode()).toBe(0);
    expect(logOf(scratch)).toMatch(/^.*event=refused.*rule=dnsbl.*$/m);
  });

  part("and the reason reaches the log though the session is over at once", needs, async () => {
    await using scratch = new Scratch();
    await using names = await rbldnsd(scratch, lists);
    const server = mailfront.start(scratch);
    await using client = pipe(
      scratch,
      asked(scratch, server, "192.0.2.7", "--resolver", names.address, ...bl),
    );
    await client.talk.send("EHLO client.test\r\nMAIL FROM:<alice@client.test>\r\nQUIT\r\n");
    expect(await client.talk.end()).toMatch(/^550 5\.7\.1 /m);
    expect(await client.exitCode()).toBe(0);
    expect(logOf(scratch)).toContain("Sends spam, see");
  });
});

describe("A list that does not answer blocks nobody", () => {
  const patience = 2_500; // for the greeting, the machine's own slowness included

  async function greetedWithin(scratch: Scratch, resolver: string, ...zones: string[]): Promise<number> {
    const server = mailfront.start(scratch);
    const options = zones.flatMap((zone) => ["--dnsbl", zone]);
    await using client = pipe(
      scratch,
      asked(scratch, server, "192.0.2.7", "--resolver", resolver, ...options),
    );
    const started = performance.now();
    await client.talk.send("EHLO client.test\r\nMAIL FROM:<alice@client.test>\r\n");
    expect(await client.talk.read(smtpReply)).toStartWith("220 ");
    expect(await client.talk.read(smtpReply)).toStartWith("250-");
    expect(await client.talk.read(smtpReply)).toStartWith("250 ");
    const waited = performance.now() - started;
    await quit(client.talk);
    expect(await client.exitCode()).toBe(0);
    return waited;
  }

  part(
    "when the name server takes questions and never answers, and four lists cost no more than one",
    needs,
    async () => {
      await using scratch = new Scratch();
      const silent = createSocket("udp4");
      let questions = 0;
      silent.on("message", () => {
        questions += 1;
      });
      await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", () => resolve()));
      try {
        const zones = ["a.test", "b.test", "c.test", "d.test"];
        expect(await greetedWithin(scratch, `127.0.0.1:${silent.address().port}`, ...zones)).toBeLessThan(
          patience,
        );
        expect(questions).toBeGreaterThanOrEqual(zones.length);
        for (const zone of zones) expect(logOf(scratch)).toContain(`event=dnsbl-silent zone=${zone}`);
      } finally {
        silent.close();
      }
    },
  );

  part("when there is no name server at all", needs, async () => {
    await using scratch = new Scratch();
    expect(await greetedWithin(scratch, `127.0.0.1:${await freeUdpPort()}`, "bl.test")).toBeLessThan(
      patience,
    );
    expect(logOf(scratch)).toContain("event=dnsbl-silent zone=bl.test");
  });

  part("and does not keep another list from blocking", needs, async () => {
    await using scratch = new Scratch();
    await using names = await rbldnsd(scratch, lists);
    const server = mailfront.start(scratch);
    const options = ["--dnsbl", "nobody-knows.test", "--dnsbl", "bl.test", "--resolver", names.address];
    await using client = pipe(scratch, asked(scratch, server, "192.0.2.7", ...options));
    expect(await verdict(client.talk)).toBe("listed");
    expect(await client.exitCode()).toBe(0);
    expect(logOf(scratch)).toContain("event=dnsbl-silent zone=nobody-knows.test");
    expect(server.stored()).toEqual([]);
  });
});
