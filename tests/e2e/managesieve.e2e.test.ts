// Scripts through the built program, to and from Dovecot: what is stored and given back is what it is without us, octet
// for octet, and half a script is stored by nobody.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { type Conversation, dial } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, part, waiting } from "./parts/missing.ts";
import { onClient } from "./parts/onsocket.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { sieveConnect, sieveConnectNeeds } from "./parts/sieveconnect.ts";
import { sieveFront } from "./parts/sievefront.ts";
import { SieveServer, sieveNeeds } from "./parts/sieveserver.ts";
import { got, LOGIN, literal, loggedIn, put, say } from "./parts/sievetalk.ts";
import { SITUATIONS } from "./parts/situation.ts";
import { Standing } from "./parts/standing.ts";
import { kill } from "./parts/supervised.ts";
import { Tap } from "./parts/tap.ts";
import { connected, protowrap } from "./parts/wrapper.ts";

const needs = [built, ...sieveNeeds];

/** Every octet that a script may have. */
const OCTETS = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1))
  .filter((octet) => !"\r\n".includes(octet))
  .join("");
const LARGE = `${`# ${OCTETS}\r\n`.repeat(780)}keep;\r\n`;

const MOST = "--max-script-size";

for (const situation of SITUATIONS)
  describe(`Dovecot's ManageSieve behind ${situation}`, () => {
    part("serves sieve-connect as without us", [...needs, ...sieveConnectNeeds], async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port);
      scratch.file("good", Buffer.from(LARGE, "latin1"));
      scratch.file("wrong", "nonsense;\n");
      const words =
        "upload good a|list|activate a|list|download a copy|check wrong|upload wrong b|deactivate";
      scratch.file("words", `${words.replaceAll("|", "\n")}\nupload good c\ndelete a\nlist\n`);
      const served = async (port: number) => {
        scratch.file("copy", "");
        const { code, stdout, stderr } = await sieveConnect(scratch, port, ["--exec", "words"]);
        // Large: whoever compares them prints them, where they differ.
        const isCopied = readFileSync(`${scratch.path}/copy`, "latin1") === LARGE;
        const isStored = server.scripts.c === LARGE;
        await using talk = await loggedIn(await dial(server.port));
        await say(talk, 'DELETESCRIPT "c"');
        return { code, stdout: stdout.toString(), stderr, isCopied, isStored };
      };
      const alone = await served(server.port);
      expect(await served(front.port)).toEqual(alone);
      expect(alone).toMatchObject({ code: 1, isCopied: true, isStored: true });
      expect(alone.stdout).toBe('"a"\n"a" ACTIVE\n"c"\n\n');
      expect(alone.stderr).toMatch(/unknown command 'nonsense'.*\r\nerror: validation failed\./);
      expect(front.log).toMatch(
        / event=end reason=quit .* verbs="authenticate=1 putscript=2\/3 listscripts=3 setactive=2 getscript=1 checkscript=0\/1 deletescript=1 logout=1"/,
      );
    });

    part("has every script octet for octet, whatever its name is", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port);
      await using talk = await loggedIn(await dial(front.port));
      for (const script of [LARGE, ""]) {
        expect(await say(talk, put("a", script))).toStartWith("OK");
        expect([server.scripts.a === script, (await got(talk, "a")) === script]).toEqual([true, true]);
      }
      expect(await say(talk, 'PUTSCRIPT "quoted" "keep; # \\"\\\\"')).toStartWith("OK");
      expect(server.scripts.quoted).toBe('keep; # "\\');
      // Both are UTF-8.
      const name = 'h"\\\xc3\xa9';
      expect(await say(talk, `RENAMESCRIPT ${literal("quoted")} ${literal(name)}`)).toStartWith("OK");
      expect(await say(talk, `SETACTIVE ${literal(name)}`)).toStartWith("OK");
      expect(await say(talk, "LISTSCRIPTS")).toStartWith('"h\\"\\\\\xc3\xa9" ACTIVE\r\n"a"\r\nOK');
      expect(await say(talk, `DELETESCRIPT ${literal(name)}`)).toStartWith("NO (ACTIVE) ");
      expect(await say(talk, 'GETSCRIPT "none"')).toStartWith("NO (NONEXISTENT) ");
      expect(await say(talk, 'RENAMESCRIPT "a" "h\\"\\\\\xc3\xa9"')).toStartWith("NO (ALREADYEXISTS) ");
      expect(await say(talk, 'HAVESPACE "b" 100')).toStartWith("OK");
      expect(await say(talk, 'SETACTIVE ""')).toStartWith("OK");
      expect(server.active).toBeNull();
      expect(await say(talk, "LOGOUT")).toBe('OK "bye"\r\n');
    });

    part("answers in their order commands that come in one piece", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port);
      await using talk = await dial(front.port);
      const commands = [
        ...[LOGIN, put("a", "keep;"), "LISTSCRIPTS", 'GETSCRIPT "a"', 'PUTSCRIPT "../b" "keep;"'],
        ...[put("a", "wrong"), 'NOOP "now"', 'DELETESCRIPT "a"', "LOGOUT", "NOOP"],
      ];
      await talk.send(commands.map((command) => `${command}\r\n`).join(""));
      const [, answers] = (await talk.end()).split(/^OK "\S+ ready"\r\n/m);
      expect(answers).toMatch(
        /^OK .*\r\nOK .*\r\n"a"\r\nOK .*\r\n\{5\}\r\nkeep;\r\nOK .*\r\nNO .*\r\nNO \{[0-9]+\}\r\n.*\r\n.*\r\n\r\nOK \(TAG "now"\) .*\r\nOK .*\r\nOK "bye"\r\n$/,
      );
      expect(server.scripts).toEqual({});
    });

    part("is not told the end of a script that has anything behind it", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port);
      for (const rest of [" ", ' "more"', "LOGOUT", " {5+}", "\0"]) {
        await using talk = await loggedIn(await dial(front.port));
        expect(await say(talk, put("b", "keep;") + rest)).toBe(
          'BYE "nobody knows where this command ends"\r\n',
        );
        expect(await talk.end()).toBe("");
      }
      await server.idle();
      expect(server.scripts).toEqual({});
    });

    part("is not told a script that is too large, and the session goes on", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using tap = await Tap.before(server.port);
      await using front = await sieveFront(own, situation, tap.port, MOST, `${LARGE.length}`);
      await using talk = await loggedIn(await dial(front.port));
      const refused = 'NO (QUOTA/MAXSIZE) "script too large"\r\n';
      for (const command of [put("a", `#${LARGE}`), `CHECKSCRIPT ${literal(`#${LARGE}`)}`])
        expect(await say(talk, command)).toBe(refused);
      expect(await say(talk, `HAVESPACE "a" ${LARGE.length + 1}`)).toBe(refused);
      expect(tap.wires[0]!.client).toMatch(/^AUTHENTICATE "PLAIN" "\S+"\r\n$/);
      expect(await say(talk, put("a", LARGE))).toStartWith("OK");
      expect(server.scripts.a === LARGE).toBe(true);
    });

    part("refuses a script by its first line, and the session goes on", needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      const more = "plugin {\n  sieve_max_script_size = 10K\n  sieve_quota_max_scripts = 1\n}\n";
      await using server = await SieveServer.start(scratch, { more });
      await using front = await sieveFront(own, situation, server.port);
      const answers = async (port: number) => {
        await using talk = await loggedIn(await dial(port));
        const said = [await say(talk, put("a", "keep;"))];
        await talk.send(`PUTSCRIPT "a" {${LARGE.length}+}\r\n`);
        // By now it has refused it.
        await Bun.sleep(50);
        said.push(await say(talk, LARGE), await say(talk, `CHECKSCRIPT ${literal(LARGE)}`));
        return [...said, await say(talk, put("b", "keep;")), await say(talk, put("a", "stop;"))];
      };
      const alone = await answers(server.port);
      expect(await answers(front.port)).toEqual(alone);
      expect(alone.map((answer) => /^\S+(?: \(\S+\))?/.exec(answer)![0])).toEqual([
        ...["OK", "NO (QUOTA/MAXSIZE)", "NO (QUOTA/MAXSIZE)", "NO (QUOTA/MAXSCRIPTS)", "OK"],
      ]);
      expect(server.scripts).toEqual({ a: "stop;" });
    });
  });

/** What a client has said when it goes. */
const HALVES = {
  "half a script": 'PUTSCRIPT "b" {10+}\r\nkeep;',
  "a script without the end of its line": 'PUTSCRIPT "b" {5+}\r\nkeep;',
} as const;

const GOES: Readonly<Record<string, (talk: Conversation) => void>> = {
  "is gone": (talk) => talk.cut(),
  "ends its side": (talk) => talk.halfClose(),
};

describe("Of a client that goes", () => {
  for (const situation of SITUATIONS)
    part(`Dovecot has no half script, behind ${situation}`, needs, async () => {
      await using scratch = new Scratch();
      await using own = new Scratch();
      await using server = await SieveServer.start(scratch);
      await using front = await sieveFront(own, situation, server.port);
      let sessions = 0;
      for (const half of Object.values(HALVES))
        for (const goes of Object.values(GOES)) {
          await using talk = await loggedIn(await dial(front.port));
          await say(talk, put("a", "keep;"));
          await talk.send(half);
          await Bun.sleep(30);
          goes(talk);
          const ends = ++sessions;
          await until("its end", () => front.log.match(/ event=end /g)?.length === ends || undefined);
          await server.idle();
          expect(server.scripts).toEqual({ a: "keep;" });
        }
      expect(front.log.match(/ event=incomplete-message/g)).toHaveLength(4);
      expect(front.log.match(/ event=end reason=client-(?:lost|end) /g)).toHaveLength(4);
    });
});

/** @returns a client, and how the program that serves it is told to end */
async function come(
  all: AsyncDisposableStack,
  scratch: Scratch,
  situation: (typeof SITUATIONS)[number],
  to: number,
): Promise<readonly [talk: Conversation, end: () => void]> {
  if (situation === "a listener") {
    const plan = { protocol: "managesieve", server: ["--connect", `127.0.0.1:${to}`] };
    const standing = all.use(await Standing.start(scratch, plan));
    return [await standing.dial(), () => standing.kill("SIGTERM")];
  }
  const { talk, pid } = all.use(await onClient(connected("managesieve", to, "--log", "none"), "inetd"));
  return [talk, () => kill(pid, "SIGTERM")];
}

describe("Where the administrator ends it", () => {
  for (const [half, octets] of Object.entries(HALVES))
    for (const situation of SITUATIONS)
      waiting(`${situation} leaves Dovecot nothing of ${half}`, needs, async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        await using server = await SieveServer.start(scratch);
        await using all = new AsyncDisposableStack();
        const [talk, end] = await come(all, own, situation, server.port);
        await loggedIn(talk);
        await talk.send(octets);
        await Bun.sleep(30);
        end();
        expect(await talk.end()).toMatch(/^(?:BYE \(TRYLATER\) "shutting down"\r\n)?$/);
        await server.idle();
        expect(server.scripts).toEqual({});
      });
});

part("check tells what Dovecot's ManageSieve offers, and what of it is lost", needs, async () => {
  await using scratch = new Scratch();
  await using server = await SieveServer.start(scratch);
  const argv = [protowrap, "check", "managesieve", "--connect", `127.0.0.1:${server.port}`];
  const { stdout } = await run(scratch, argv);
  expect(stdout.toString()).toMatch(/^ *passes +SIEVE, NOTIFY, SASL, VERSION$/m);
  const off = (await run(scratch, [...argv, "--auth", "off"])).stdout.toString();
  expect(off).toMatch(/^ *passes +SIEVE, NOTIFY, VERSION$/m);
  expect(off).toMatch(/^ *keeps back +SASL: /m);
  await server.idle();
});
