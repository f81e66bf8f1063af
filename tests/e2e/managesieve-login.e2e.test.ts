// Logins to Dovecot's ManageSieve through the built program: who guesses learns nothing of who has a mailbox, waits, is
// sent away, and is counted across connections.

import { describe, expect } from "bun:test";
import { dial } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { sieveFront } from "./parts/sievefront.ts";
import { SieveServer, sieveNeeds } from "./parts/sieveserver.ts";
import { LOGIN, login, say, sieveAnswer } from "./parts/sievetalk.ts";
import { SITUATIONS } from "./parts/situation.ts";

const needs = [built, ...sieveNeeds];

const LAST = 'BYE "too many failed logins"\r\n';
const WRONG = 'NO "authentication failed"\r\n';

for (const situation of SITUATIONS)
  describe(`Passwords of Dovecot's ManageSieve, ${situation}`, () => {
    waiting(
      "are wrong in the same words and at the same pace, whether there is a user or not",
      needs,
      async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        await using server = await SieveServer.start(scratch);
        const options = ["--login-delay", "1", "--max-login-attempts", "2"];
        await using front = await sieveFront(own, situation, server.port, ...options);
        const guessed = async (user: string) => {
          await using talk = await dial(front.port);
          await talk.read(sieveAnswer);
          const said: string[] = [];
          const took: number[] = [];
          for (const password of ["one", "two"]) {
            const since = performance.now();
            said.push(await say(talk, login(user, password)));
            took.push(Math.floor((performance.now() - since) / 1000));
          }
          return { said, took, end: await talk.end() };
        };
        const [known, unknown] = await Promise.all([guessed("kituser"), guessed("nobody-is-called-so")]);
        expect(known).toEqual({
          said: [WRONG, LAST],
          // The delay doubles, and is no addition to the time that the server takes.
          ...{ took: [1, 2], end: "" },
        });
        expect(unknown).toEqual(known);
        for (const user of ["kituser", "nobody-is-called-so"])
          for (const attempt of [1, 2])
            expect(front.log).toMatch(
              new RegExp(` event=login-failed method=PLAIN attempt=${attempt} .*user=${user}\\n`),
            );
        const ends = () => front.log.match(/ event=end reason=login-failures /g)?.length;
        await until("both ends", () => ends() === 2 || undefined);
      },
    );

    waiting("may be guessed at three times", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port, "--login-delay", "0");
      await using talk = await dial(front.port);
      await talk.read(sieveAnswer);
      const said: string[] = [];
      for (const password of ["one", "two", "three"]) said.push(await say(talk, login("kituser", password)));
      expect([...said, await talk.end()]).toEqual([WRONG, WRONG, LAST, ""]);
    });

    waiting("may be told in every way that the protocol has", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch, { more: "auth_mechanisms = plain login\n" });
      const options = ["--login-delay", "0", "--max-login-attempts", "0"];
      await using front = await sieveFront(own, situation, server.port, ...options);
      const [user, password] = [btoa("kituser"), btoa("kitpass")];
      const plain = btoa("\0kituser\0kitpass");
      const ways: readonly (readonly string[])[] = [
        [LOGIN],
        [`authenticate "plain" {${plain.length}+}\r\n${plain}`],
        ['AUTHENTICATE "LOGIN"', `"${user}"`, `"${password}"`],
        ['AUTHENTICATE "LOGIN"', `{${user.length}+}\r\n${user}`, `{${password.length}+}\r\n${password}`],
      ];
      const cancelled = 'NO "authentication cancelled"\r\n';
      for (const way of ways) {
        await using talk = await dial(front.port);
        const greeting = await talk.read(sieveAnswer);
        expect(greeting).toContain('"SASL" "PLAIN LOGIN"\r\n');
        await talk.ask('AUTHENTICATE "LOGIN"', /^"[^\r\n]*"\r\n/);
        expect(await say(talk, '"*"')).toBe(cancelled);
        for (const line of way.slice(0, -1)) await talk.ask(line, /^"[^\r\n]*"\r\n/);
        expect([way, await say(talk, way.at(-1)!)]).toEqual([way, 'OK "Logged in."\r\n']);
        expect(await say(talk, "LISTSCRIPTS")).toStartWith("OK");
      }
    });
  });

waiting("Guesses are counted across connections, and by the client's own network", needs, async () => {
  await using scratch = new Scratch();
  await using own = new Scratch();
  await using server = await SieveServer.start(scratch, { more: "auth_verbose = yes\n" });
  const options = ["--login-delay", "0", "--accept-proxy", "127.0.0.1", "--max-login-attempts", "0"];
  await using front = await sieveFront(own, "a listener", server.port, ...options);
  const tried = async (address: string, password: string) => {
    await using talk = await dial(front.port);
    await talk.send(`PROXY TCP4 ${address} 127.0.0.1 40000 4190\r\n`);
    await talk.read(sieveAnswer);
    return await say(talk, login("kituser", password));
  };
  const said: string[] = [];
  for (let guess = 0; guess < 9; guess++) said.push(await tried("192.0.2.1", `wrong-${guess}`));
  const later = 'NO (TRYLATER) "too many failed logins, try again later"\r\n';
  expect(said).toEqual([...Array<string>(6).fill(WRONG), ...Array<string>(3).fill(later)]);
  // Nor is the right one told there.
  expect(await tried("192.0.2.1", "kitpass")).toBe(later);
  expect(await tried("192.0.2.99", "kitpass")).toStartWith("OK");
  expect(server.log.match(/kituser,.*[Pp]assword mismatch/g)).toHaveLength(6);
  expect(front.log).toMatch(/ event=throttled key=192\.0\.2\.1 /);
});
