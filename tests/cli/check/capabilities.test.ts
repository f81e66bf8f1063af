// What check finds out from the servers themselves: over TCP and behind pipes, and from those that do not say.

import { describe, expect, test } from "bun:test";
import { capabilities } from "../../../src/cli/check/capabilities.ts";
import { serverOf } from "../../../src/options/server.ts";
import { identityOf } from "../../../src/os/identity.ts";
import { settled } from "../../settled.ts";

const isRoot = process.getuid?.() === 0;
const WHO = { wrapper: null, server: isRoot ? identityOf("nobody") : null };

async function asked(argv: string[], protocol = "smtp", people: typeof WHO = WHO) {
  const { protocol: known, settings } = await settled(protocol, ...argv);
  return capabilities(known, settings, await serverOf(known, settings), people, "gate.test");
}

/** A server that says so to each line it hears, "" being the connection. */
function served(answers: Record<string, string>) {
  const heard: string[] = [];
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => void socket.write(answers[""] ?? ""),
      data(socket, octets) {
        for (const line of octets.toString().split("\r\n").slice(0, -1)) {
          heard.push(line);
          if (answers[line] === "") socket.end();
          else socket.write(answers[line] ?? "");
        }
      },
    },
  });
  const argv = ["--relay-domain", "a.test", "--connect", `127.0.0.1:${listener.port}`];
  return { heard, argv, at: `127.0.0.1:${listener.port}`, [Symbol.dispose]: () => listener.stop(true) };
}

const SCRIPT = `printf '220 x\\r\\n'; read ehlo; printf '250-x\\r\\n250 X-UID-%s\\r\\n' "$(id -u)"; read quit`;

describe("Over TCP a server", () => {
  test("is asked once, and told goodbye", async () => {
    using server = served({
      "": "220 x\r\n",
      "EHLO gate.test": "250-x\r\n250-DSN\r\n250 ETRN\r\n",
      QUIT: "",
    });
    expect(await asked(server.argv)).toEqual([{ server: server.at, answer: { offers: ["DSN", "ETRN"] } }]);
    expect(server.heard).toEqual(["EHLO gate.test", "QUIT"]);
  });

  test("is told first that nobody is behind us, where it is told of clients", async () => {
    using server = served({ "PROXY UNKNOWN": "220 x\r\n", "EHLO gate.test": "250 x\r\n", QUIT: "" });
    expect(await asked([...server.argv, "--send-proxy", "v1"])).toEqual([
      { server: server.at, answer: { offers: [] } },
    ]);
  });

  test("is asked beside the others, whatever those say", async () => {
    using one = served({ "": "220 x\r\n", "EHLO gate.test": "250 x\r\n", QUIT: "" });
    using other = served({ "": "554 no\r\n" });
    expect(await asked([...one.argv, ...other.argv.slice(2), "--connect", "127.0.0.1:1"])).toEqual([
      { server: one.at, answer: { offers: [] } },
      { server: other.at, answer: { failed: "greets with 554" } },
      { server: "127.0.0.1:1", answer: { failed: "ECONNREFUSED" } },
    ]);
  });

  test.each([
    ["hangs up", "hangs up", { "": "220 x\r\n", "EHLO gate.test": "" }],
    ["says a line without end", "says a line that is too long", { "": `220 ${"x".repeat(5000)}` }],
    ["says too long a line", "says a line that is too long", { "": `220 ${"x".repeat(5000)}\r\n` }],
    ["says no end of lines", "says too much", { "": `220-${"x".repeat(400)}\r\n`.repeat(250) }],
  ] as [string, string, Record<string, string>][])("that %s does not say", async (_, failed, answers) => {
    using server = served(answers);
    expect(await asked(server.argv)).toEqual([{ server: server.at, answer: { failed } }]);
  });
});

describe("A program", () => {
  test("that is named is started, as whom it would run, and left", async () => {
    const uid = isRoot ? WHO.server!.uid : process.getuid!();
    expect(await asked(["--", "/bin/sh", "-c", SCRIPT])).toEqual([
      { server: "/bin/sh", answer: { offers: [`X-UID-${uid}`] } },
    ]);
  });

  test("that cannot be started, or goes at once, does not say", async () => {
    expect(await asked(["--", "/bin/true"])).toEqual([
      { server: "/bin/true", answer: { failed: "hangs up" } },
    ]);
    expect(await asked(["--", "/no/server"])).toEqual([
      { server: "/no/server", answer: { failed: "ENOENT" } },
    ]);
  });

  test("that nobody named is not started", async () => {
    expect(await asked([])).toEqual([]);
  });

  test.if(isRoot)("is not started as root", async () => {
    const nobody = { wrapper: null, server: null };
    expect(await asked(["--", "/bin/sh", "-c", SCRIPT], "smtp", nobody)).toEqual([
      { server: "/bin/sh", answer: { failed: "it would run as root: give --user" } },
    ]);
  });
});

test("Of a protocol that cannot ask nobody is asked, nor of servers that only clients name", async () => {
  using server = served({ "": "220 x\r\n" });
  expect(await asked(["--connect", server.at], "line")).toEqual([]);
  expect(await asked(["--relay-domain", "a.test", "--connect", "original,net=10.0.0.0/8"])).toEqual([]);
  expect(server.heard).toEqual([]);
});
