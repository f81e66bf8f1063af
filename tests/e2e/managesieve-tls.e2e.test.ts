// ManageSieve in TLS: with clients, as sieve-connect asks for it, and with Dovecot. What could be read on the way is no
// login, and who speaks TLS is greeted once more.

import { describe, expect } from "bun:test";
import { Authority, openssl } from "./parts/authority.ts";
import { dial } from "./parts/conversation.ts";
import { built, option, part, program } from "./parts/missing.ts";
import { ending } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { sieveConnect, sieveConnectNeeds } from "./parts/sieveconnect.ts";
import { sieveFront } from "./parts/sievefront.ts";
import { SieveServer, sieveNeeds } from "./parts/sieveserver.ts";
import { got, LOGIN, loggedIn, put, say, sieveAnswer } from "./parts/sievetalk.ts";
import { SITUATIONS } from "./parts/situation.ts";
import { Tap } from "./parts/tap.ts";
import { TlsTalk } from "./parts/tlstalk.ts";

const needs = [built, option("managesieve", "tls"), openssl, program("python3"), ...sieveNeeds];

/** Its own certificate, by an authority of the test's. */
async function certified(scratch: Scratch) {
  const authority = await Authority.make(scratch);
  const { certificate, key } = await authority.identity("DNS:mx.test,IP:127.0.0.1");
  const words = ["--tls-cert", certificate, "--tls-key", key];
  return { root: authority.root.certificate, identity: { certificate, key }, words };
}

for (const situation of SITUATIONS)
  describe(`ManageSieve in TLS, ${situation}`, () => {
    part(
      "is spoken by sieve-connect, which verifies who it is",
      [...needs, ...sieveConnectNeeds],
      async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        await using server = await SieveServer.start(scratch);
        const { root, words } = await certified(scratch);
        await using front = await sieveFront(own, situation, server.port, "--tls", "required", ...words);
        scratch.file("script", "keep;\r\n");
        scratch.file("words", "upload script a\nactivate a\nlist\n");
        const outcome = await sieveConnect(scratch, front.port, ["--exec", "words"], { authority: root });
        expect(ending(outcome)).toBe("exit 0");
        expect(outcome.stdout.toString()).toBe('"a" ACTIVE\n\n');
        expect([server.scripts, server.active]).toEqual([{ a: "keep;\r\n" }, "a"]);
        expect(front.log).toMatch(/ event=login method=PLAIN attempt=1 tls=TLSv1\.3 user=kituser\n/);
      },
    );

    part("lets nobody log in before, and greets once more inside", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using tap = await Tap.before(server.port);
      const { words } = await certified(scratch);
      await using front = await sieveFront(own, situation, tap.port, "--tls", "optional", ...words);
      await using client = await TlsTalk.dial(front.port);
      const { talk } = client;
      const before = await talk.read(sieveAnswer);
      expect(before).toStartWith('"IMPLEMENTATION" "protowrap"\r\n"SASL" ""\r\n"SIEVE" "');
      expect(before).toContain('\r\n"STARTTLS"\r\n');
      expect(await say(talk, "CAPABILITY")).toBe(before.replace(/OK .*/, 'OK "these are all"'));
      const encrypt = 'NO (ENCRYPT-NEEDED) "a login needs TLS here: STARTTLS first"\r\n';
      for (const command of [LOGIN, 'AUTHENTICATE "PLAIN"', 'AUTHENTICATE "PLAIN" {5+}\r\nAAAAA'])
        expect(await say(talk, command)).toBe(encrypt);
      expect(await say(talk, put("a", "keep;"))).toBe('NO "command not valid in this state"\r\n');
      expect(await say(talk, "STARTTLS")).toBe('OK "begin TLS"\r\n');
      await client.secure();
      const inside = before.replace('"SASL" ""', '"SASL" "PLAIN"').replace('"STARTTLS"\r\n', "");
      expect(await talk.read(sieveAnswer)).toBe(inside);
      expect(await say(talk, "STARTTLS")).toBe('NO "command not allowed"\r\n');
      // The greeting came once: what follows answers what is asked.
      expect(await say(talk, 'NOOP "now"')).toBe('OK (TAG "now") "alive"\r\n');
      expect(await say(talk, LOGIN)).toStartWith("OK");
      expect(await say(talk, put("a", "keep;"))).toStartWith("OK");
      expect(await got(talk, "a")).toBe("keep;");
      expect(await say(talk, "STARTTLS")).toStartWith("NO ");
      expect(await say(talk, "LOGOUT")).toBe('OK "bye"\r\n');
      const [asked, ...more] = tap.wires[0]!.client.split(/(?=AUTHENTICATE)/);
      expect([asked, more.length]).toEqual(["CAPABILITY\r\nNOOP\r\n", 1]);
    });

    part("is spoken with Dovecot, whoever speaks none with us", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      const { root, identity } = await certified(scratch);
      const more = "disable_plaintext_auth = yes\nssl = required\n";
      await using server = await SieveServer.start(scratch, { identity, more });
      const to = `${server.port},tls=starttls,name=mx.test,ca=${root}`;
      await using front = await sieveFront(own, situation, to);
      await using talk = await dial(front.port);
      const greeting = await talk.read(sieveAnswer);
      expect(greeting).toContain('\r\n"SASL" "PLAIN"\r\n');
      expect(greeting).not.toContain("STARTTLS");
      expect(await say(talk, LOGIN)).toStartWith("OK");
      expect(await say(talk, put("a", "keep;"))).toStartWith("OK");
      expect(server.scripts).toEqual({ a: "keep;" });
      expect(server.log).toMatch(/managesieve-login: Info: Login: user=<kituser>.* TLS/);
      // One who is somebody else is none.
      await using other = new Scratch();
      const wrong = `${server.port},tls=starttls,name=other.test,ca=${root}`;
      await using lost = await sieveFront(other, situation, wrong);
      await using unserved = await dial(lost.port);
      expect(await unserved.end()).toBe('BYE (TRYLATER) "server unavailable"\r\n');
    });
  });

part("A listener between two that speak TLS speaks it with both", needs, async () => {
  await using scratch = new Scratch();
  await using own = new Scratch();
  const { root, identity, words } = await certified(scratch);
  await using server = await SieveServer.start(scratch, { identity, more: "ssl = required\n" });
  const to = `${server.port},tls=starttls,name=mx.test,ca=${root}`;
  await using front = await sieveFront(own, "a listener", to, "--tls", "implicit", ...words);
  await using client = await TlsTalk.dial(front.port);
  await client.secure();
  await loggedIn(client.talk);
  expect(await say(client.talk, put("a", "keep;"))).toStartWith("OK");
  expect(server.scripts).toEqual({ a: "keep;" });
});
