// The five set-ups of protowrap-setups(7), from the files that ship, between hosts of our own: a client on the Internet, a
// firewall and a server, with nftables and real servers and a real client.

import { describe, expect } from "bun:test";
import { until } from "./parts/deadline.ts";
import { replaced } from "./parts/deploy.ts";
import { exim } from "./parts/exim.ts";
import { CLIENT, type Host, hostsNeeds, SERVER, SERVER_IPV6, type Site, site } from "./parts/hosts.ts";
import { built, option, part, program } from "./parts/missing.ts";
import { postfixDelivery } from "./parts/postfix.ts";
import type { Outcome } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { SETUPS, setUp, unitOf } from "./parts/setups.ts";
import { exposure, systemdVersion, verified } from "./parts/systemd.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [
  ...[built, option("smtp", "listen"), ...hostsNeeds, program("setpriv"), program("socat"), program("swaks")],
  ...[...postfixDelivery, ...exim.needs],
];

/** Sends a mail from the Internet to the server's address. */
function send({ client }: Site, sender: string, to: string, host = SERVER): Promise<Outcome> {
  const envelope = ["--from", sender, "--to", to, "--header", "Subject: over there"];
  return client.run(...["swaks", "--server", host, "--ehlo", "client.test", "--timeout", "15", ...envelope]);
}

/** What a client of IPv6 hears first. */
async function greeting({ client }: Site): Promise<string> {
  const talk = `printf 'QUIT\\r\\n' | socat -T 5 -t 5 - 'TCP6:[${SERVER_IPV6}]:25'`;
  return (await client.run("sh", "-c", talk)).stdout.toString("latin1");
}

for (const setup of SETUPS)
  describe(`The set-up "${setup.name}"`, () => {
    part(
      "takes mail to the server, judged by the wrapper",
      needs,
      async () => {
        await using scratch = new Scratch();
        await using hosts = await site(scratch);
        await using standing = await setUp(scratch, hosts, setup);

        const taken = await send(hosts, "alice@client.test", "bob@example.org");
        expect([taken.code, taken.stdout.toString()]).toEqual([0, expect.stringContaining("<-  250 ")]);
        const [mail = ""] = await until("the mail", () =>
          standing.delivered.length > 0 ? standing.delivered : undefined,
        );
        expect(mail).toContain("Subject: over there");
        expect(mail).toMatch(new RegExp(`^Received: from .*${setup.seen.replaceAll(".", "\\.")}\\b`, "m"));
        const where = setup.destination === null ? "" : ` destination=${setup.destination}`;
        expect(standing.log).toMatch(
          new RegExp(
            `client=${CLIENT.replaceAll(".", "\\.")}:\\d+ protocol=smtp event=connect${where}$`,
            "m",
          ),
        );
        expect(standing.log).toMatch(/event=message .*to=bob@example\.org/);

        // By an address rule, and by the rule of whom mail is for: the server hears of neither.
        const spam = await send(hosts, "mallory@spam.example", "bob@example.org");
        expect(spam.stdout.toString()).toMatch(/<\*\* 550 5\.7\.1 /);
        await until(
          "the rule in the log",
          () =>
            /event=refused rule=block-address by=us verb=\S+ .*mallory@spam\.example/i.test(standing.log) ||
            undefined,
        );
        const relayed = await send(hosts, "alice@client.test", "bob@elsewhere.example");
        expect(relayed.stdout.toString()).toMatch(/<\*\* 550 /);
        expect(standing.log).toMatch(/event=refused rule=relay by=us/);
        expect(standing.serverLog).not.toMatch(/spam\.example|elsewhere\.example/);
        expect(standing.delivered).toHaveLength(1);
      },
      60_000,
    );

    part(
      "has clients of IPv6, and none who gets past the wrapper",
      needs,
      async () => {
        await using scratch = new Scratch();
        await using hosts = await site(scratch);
        await using standing = await setUp(scratch, hosts, setup);
        expect(await greeting(hosts)).toMatch(/^220 .*\r\n221 /);
        await until(
          "the end",
          () => /client=\[?2001:db8:1::2\]?:\d+ .*event=end reason=quit/.test(standing.log) || undefined,
        );
        await standing.wrapper[Symbol.asyncDispose]();
        expect(await greeting(hosts)).toBe("");
        const outcome = await send(hosts, "alice@client.test", "bob@example.org");
        expect(outcome.code).not.toBe(0);
        expect(standing.delivered).toEqual([]);
      },
      60_000,
    );
  });

describe("A wrapper that clients are redirected to", () => {
  for (const setup of SETUPS.filter(({ rules, wrapper }) => rules !== null && rules.on === wrapper.on))
    part(`in the set-up "${setup.name}" is for nobody else`, needs, async () => {
      await using scratch = new Scratch();
      await using hosts = await site(scratch);
      await using _ = await setUp(scratch, hosts, setup);
      const host = setup.wrapper.on === "firewall" ? "198.51.100.1" : SERVER;
      const { code, stderr } = await hosts.client.run("socat", "-u", `TCP:${host}:10025`, "STDOUT");
      expect([code, stderr]).toEqual([1, expect.stringContaining("Connection refused")]);
    });
});

/** What whoever dials the server's address is greeted with: the wrapper's greeting has another name. */
async function greeted(host: Host): Promise<string> {
  const talk = `printf 'QUIT\\r\\n' | socat -T 5 -t 5 - 'TCP:${SERVER}:25'`;
  return (await host.run("sh", "-c", talk)).stdout.toString("latin1");
}
const BY_SERVER = /^220 postfix\.test /;
const BY_WRAPPER = /^220 (?!postfix\.test)/;

describe("A redirection", () => {
  for (const setup of SETUPS.filter(({ rules }) => rules !== null))
    part(
      `in the set-up "${setup.name}" is for clients from outside, and is undone at once`,
      needs,
      async () => {
        await using scratch = new Scratch();
        await using hosts = await site(scratch);
        await using _ = await setUp(scratch, hosts, setup);
        expect(await greeted(hosts.client)).toMatch(BY_WRAPPER);
        expect(await greeted(hosts.server)).toMatch(BY_SERVER);
        const host = hosts[setup.rules!.on];
        await host.does("nft", "delete", "table", "inet", "protowrap");
        expect(await greeted(hosts.client)).toMatch(BY_SERVER);
      },
    );
});

describe("The units of the set-ups", () => {
  for (const setup of SETUPS.filter(({ name }) => name === "pipe" || name === "moved"))
    part(
      `leave systemd nothing to say, and are as exposed as they say: "${setup.name}"`,
      [built, program("systemd-analyze")],
      async () => {
        await using scratch = new Scratch();
        const text = replaced(unitOf(setup), { "/usr/local/sbin/protowrap": protowrap });
        const path = scratch.file("protowrap.service", text);
        expect(await verified(scratch, [path])).toBe("exit 0");
        const [, claimed, version] = /security": (.*) of 10 \(systemd (\d+)\)\.$/m.exec(text) ?? [];
        if (version === systemdVersion) expect(await exposure(scratch, path)).toBe(claimed!);
        else expect(claimed).toMatch(/^\d\.\d$/);
      },
    );
});
