// --accept-proxy: a client behind a proxy is who the proxy says, for rules, limits, the server and the log; whoever else
// says so is not believed, and a proxy that says nothing is nobody.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { type Conversation, dial, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { pemBeside } from "./parts/keypair.ts";
import { built, option, part, program, root } from "./parts/missing.ts";
import { onListener } from "./parts/onsocket.ts";
import { run } from "./parts/process.ts";
import {
  ENDS,
  HEADERS,
  haproxy,
  haproxyNeeds,
  LOCAL,
  nginx,
  nginxNeeds,
  type ProxyServer,
  padded,
  UNKNOWN,
} from "./parts/proxying.ts";
import { Scratch } from "./parts/scratch.ts";
import { type InFront, inFront, SITUATIONS } from "./parts/situation.ts";
import { mailStub, Standing } from "./parts/standing.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { TlsTalk } from "./parts/tlstalk.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built, option("smtp", "accept-proxy")];
const BELIEVES = ["--accept-proxy", "127.0.0.1"];

/** Says whose server it is, and then what it is told; leaves a file behind. */
const TELLS = 'echo x >>"$0/started"; echo "$TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT"; exec cat';

function telling(scratch: Scratch): string[] {
  Bun.spawnSync(["chmod", "a+rwX", scratch.path]);
  return ["--", "/bin/sh", "-c", TELLS, scratch.path];
}

function started(scratch: Scratch): number {
  const path = `${scratch.path}/started`;
  return existsSync(path) ? readFileSync(path, "latin1").length / 2 : 0;
}

const NAMES = Object.keys(HEADERS) as (keyof typeof HEADERS)[];

function line(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(".", "\\.")}\n`);
}

async function wrapping(
  scratch: Scratch,
  situation: (typeof SITUATIONS)[number],
  options: readonly string[] = [],
): Promise<{ dial: () => Promise<Conversation>; log: () => string } & AsyncDisposable> {
  const server = telling(scratch);
  if (situation === "a listener") {
    const standing = await Standing.start(scratch, {
      ...{ protocol: "line", server },
      options: [...BELIEVES, ...options],
    });
    return {
      dial: () => standing.dial(),
      log: () => standing.log,
      [Symbol.asyncDispose]: () => standing[Symbol.asyncDispose](),
    };
  }
  const front: InFront = await inFront(
    scratch,
    situation,
    "line" as never,
    ...BELIEVES,
    ...options,
    ...server,
  );
  return {
    dial: () => front.dial(),
    log: () => front.log,
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

for (const situation of SITUATIONS)
  describe(`--accept-proxy, ${situation}`, () => {
    for (const name of NAMES)
      part(`believes ${name}, and takes not an octet too many`, needs, async () => {
        await using scratch = new Scratch();
        await using front = await wrapping(scratch, situation);
        await using talk = await front.dial();
        await talk.send(`${HEADERS[name]}hello\r\n`);
        await talk.read(line(ENDS[name]));
        await talk.read(/^hello\r?\n/);
        talk.halfClose();
        await talk.end();
        const client = ENDS[name].split(" ")[0]!;
        const written = client.includes(":") ? `\\[${client}\\]` : client;
        const via = `via=127\\.0\\.0\\.1:${talk.port}`;
        await until("the end", () => /event=end /.exec(front.log()) ?? undefined);
        expect(front.log()).toMatch(
          new RegExp(`client="?${written}:51422"? ${via} protocol=line event=connect`),
        );
      });

    part(
      "reads a header of the longest kind, and in any split",
      needs,
      async () => {
        await using scratch = new Scratch();
        await using front = await wrapping(scratch, situation, ["--max-connections-per-ip", "0"]);
        const says = async (...pieces: readonly string[]) => {
          await using talk = await front.dial();
          for (const piece of pieces) {
            await talk.send(piece);
            await Bun.sleep(2);
          }
          const name = NAMES.find((one) => pieces.join("").startsWith(HEADERS[one])) ?? "version 2, IPv4";
          await talk.read(line(ENDS[name]));
          await talk.read(/^hello\r?\n/);
        };
        await says(`${padded(16 + 4096)}hello\r\n`);
        await says(padded(16 + 4096).slice(0, 4000), `${padded(16 + 4096).slice(4000)}hel`, "lo\r\n");
        await says(...HEADERS["version 1, IPv4"], "hello\r\n");
        await says(...HEADERS["version 2, IPv6"], "hello\r\n");
        const step = situation === "a listener" ? 1 : 13;
        for (const name of NAMES) {
          const header = HEADERS[name];
          for (let at = 1; at < header.length; at += step)
            await says(header.slice(0, at), `${header.slice(at)}hello\r\n`);
        }
      },
      90_000,
    );

    part(
      "closes without a word on whoever says something else, and tells it",
      needs,
      async () => {
        for (const wrong of [
          "EHLO client.test\r\n",
          "PROXY\r\n",
          "PROXY TCP4 192.0.2.7 198.51.100.25 51422 25\n",
          "PROXY TCP4 192.0.2.7 198.51.100.25 51422 99999\r\n",
          `PROXY TCP4 ${"1".repeat(120)}`,
          HEADERS["version 2, IPv4"].replace("\x21\x11", "\x31\x11"),
          padded(16 + 4097),
        ]) {
          await using scratch = new Scratch();
          await using front = await wrapping(scratch, situation);
          await using talk = await front.dial();
          const began = performance.now();
          await talk.send(`${wrong}hello\r\n`);
          expect(await talk.end()).toBe("");
          expect(performance.now() - began).toBeLessThan(4_000);
          await until(
            "a line of the log",
            () =>
              /event=refused-connection reason=proxy-header key=127\.0\.0\.1 count=1/.exec(front.log()) ??
              undefined,
          );
          expect(front.log()).not.toMatch(/event=(?:connect|end) /);
          expect(started(scratch)).toBe(0);
        }
      },
      60_000,
    );

    part("waits five seconds for the whole of it, and not for one who has left", needs, async () => {
      await using scratch = new Scratch();
      await using front = await wrapping(scratch, situation);
      const told = () => (front.log().match(/reason=proxy-header/g) ?? []).length;
      {
        await using left = await front.dial();
        await left.send("PROXY TCP4 192");
        left.halfClose();
        const began = performance.now();
        expect(await left.end()).toBe("");
        expect(performance.now() - began).toBeLessThan(3_000);
      }
      await until("the first refusal", () => told() > 0 || undefined);
      const began = performance.now();
      await using talk = await front.dial();
      for (const octet of "PROXY TCP4 192.0.2.7 198.51.100.25 51422 2") {
        await talk.send(octet);
        await Bun.sleep(20);
      }
      expect(await talk.end()).toBe("");
      const waited = performance.now() - began;
      expect(waited).toBeGreaterThan(4_500);
      expect(waited).toBeLessThan(7_500);
      expect(started(scratch)).toBe(0);
    });

    part("starts nothing for a health check of version 2, and tells nothing", needs, async () => {
      await using scratch = new Scratch();
      await using front = await wrapping(scratch, situation);
      for (const behind of ["", "hello\r\n"]) {
        await using talk = await front.dial();
        await talk.send(LOCAL + behind);
        expect(await talk.end()).toBe("");
      }
      {
        await using talk = await front.dial();
        await talk.send(`${HEADERS["version 2, IPv4"]}hello\r\n`);
        await talk.read(line(ENDS["version 2, IPv4"]));
      }
      await until("the end", () => /event=end /.exec(front.log()) ?? undefined);
      expect(front.log()).not.toContain("refused-connection");
      expect(front.log().match(/event=connect/g)).toHaveLength(1);
      expect(started(scratch)).toBe(1);
    });

    for (const [name, header] of Object.entries(UNKNOWN))
      part(`knows nobody by ${name}: the proxy's address is not its client's`, needs, async () => {
        await using scratch = new Scratch();
        const options = [...BELIEVES, "--relay-ip", "127.0.0.1"];
        const server = ["--", ...mailStub(scratch)];
        await using front =
          situation === "a listener"
            ? await Standing.start(scratch, { options })
            : await inFront(scratch, situation, "smtp", ...options, ...server);
        await using talk = await front.dial();
        await talk.send(header);
        await talk.read(smtpReply);
        for (const command of ["EHLO c.test", "MAIL FROM:<a@c.test>"])
          expect(await talk.ask(command)).toStartWith("250");
        expect(await talk.ask("RCPT TO:<u@elsewhere.test>")).toStartWith("550 ");
        expect(await talk.ask("RCPT TO:<u@kit.test>")).toStartWith("250 ");
        await until("the log", () => /event=refused /.exec(front.log) ?? undefined);
        expect(front.log).toMatch(/client=unknown via=127\.0\.0\.1:\d+ protocol=smtp event=refused/);
      });

    part("asks the rules about the address told", needs, async () => {
      await using scratch = new Scratch();
      const options = [...BELIEVES, "--relay-ip", "192.0.2.7", "--block-ip", "192.0.2.66"];
      const server = ["--", ...mailStub(scratch)];
      await using front =
        situation === "a listener"
          ? await Standing.start(scratch, { options })
          : await inFront(scratch, situation, "smtp", ...options, ...server);
      await using talk = await front.dial();
      await talk.send(HEADERS["version 1, IPv4"]);
      await talk.read(smtpReply);
      for (const command of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@elsewhere.test>"])
        expect(await talk.ask(command)).toStartWith("250");
      await using blocked = await front.dial();
      await blocked.send(`${HEADERS["version 1, IPv4"].replace("2.7 ", "2.66 ")}EHLO c.test\r\n`);
      expect(await blocked.read(smtpReply)).toMatch(/^5\d\d /);
      await until("the log", () => /block-ip/.exec(front.log) ?? undefined);
      if (situation === "a listener")
        expect(front.log).toMatch(/event=refused-connection reason=block-ip key=192\.0\.2\.66 count=1/);
    });

    part("leaves what stands behind the header to TLS", [...needs, program("python3")], async () => {
      for (const mode of ["implicit", "optional"]) {
        await using scratch = new Scratch();
        const options = [...BELIEVES, "--tls", mode, "--tls-cert", pemBeside(`${scratch.path}/own`)];
        const server = ["--", ...mailStub(scratch)];
        const drop = root.there ? ["--user", "nobody"] : [];
        await using all = new AsyncDisposableStack();
        const port =
          situation === "a listener"
            ? all.use(await Standing.start(scratch, { options })).port
            : all.use(
                await tcpserver(scratch, [
                  ...[protowrap, "smtp", ...drop, "--relay-domain", "kit.test"],
                  ...["--log", `file:${scratch.path}/log`, ...options, ...server],
                ]),
              ).port;
        await using client = await TlsTalk.dial(port);
        const { talk } = client;
        if (mode === "implicit") {
          await client.secure({ ahead: HEADERS["version 2, IPv4"] });
          expect(await talk.read(smtpReply)).toStartWith("220 ");
        } else {
          client.raw(HEADERS["version 2, IPv4"]);
          expect(await talk.read(smtpReply)).toStartWith("220 ");
          expect(await talk.ask("EHLO c.test")).toContain("STARTTLS");
          expect(await talk.ask("STARTTLS")).toStartWith("220 ");
          await client.secure();
        }
        expect(await talk.ask("EHLO c.test")).toStartWith("250");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        const log = () => readFileSync(`${scratch.path}/log`, "latin1");
        await until("the end", () => /event=end reason=quit/.exec(log()) ?? undefined);
        expect(log()).toMatch(/client=192\.0\.2\.7:51422 via=127\.0\.0\.1:\d+ protocol=smtp event=tls /);
      }
    });
  });

describe("--accept-proxy, a listener", () => {
  part("believes nobody else: to them it is an unknown command", needs, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, { options: BELIEVES });
    await using talk = await standing.dial("127.0.0.2");
    expect(await talk.read(smtpReply)).toStartWith("220 ");
    expect(await talk.ask("PROXY TCP4 192.0.2.7 198.51.100.25 51422 25")).toStartWith("500 ");
    await until("the log", () => /event=refused /.exec(standing.log) ?? undefined);
    expect(standing.log).toMatch(/client=127\.0\.0\.2:\d+ protocol=smtp event=refused/);
  });

  part(
    "counts clients by the address told, and the proxy only in all",
    needs,
    async () => {
      await using scratch = new Scratch();
      const limits = ["--max-connections-per-ip", "2", "--max-connections", "103"];
      await using standing = await Standing.start(scratch, { options: [...BELIEVES, ...limits] });
      await using all = new AsyncDisposableStack();
      const come = async (address: string) => {
        const talk = all.use(await standing.dial());
        await talk.send(`PROXY TCP4 ${address} 198.51.100.25 51422 25\r\n`);
        return talk;
      };
      const talks = await Promise.all(Array.from({ length: 100 }, (_, at) => come(`192.0.2.${at + 1}`)));
      for (const talk of talks) expect(await talk.read(smtpReply, 20_000)).toStartWith("220 ");
      const second = await come("192.0.2.1");
      expect(await second.read(smtpReply)).toStartWith("220 ");
      const third = await come("192.0.2.1");
      expect(await third.read(smtpReply)).toStartWith("421 4.7.0");
      expect(await third.end()).toBe("");
      await until("the log", () => /reason=per-ip key=192\.0\.2\.1 count=1/.exec(standing.log) ?? undefined);
      await come("192.0.2.200").then((talk) => talk.read(smtpReply));
      await come("192.0.2.201").then((talk) => talk.read(smtpReply));
      const last = all.use(await standing.dial());
      expect(await last.read(smtpReply)).toStartWith("421 4.3.2");
      // Whoever leaves makes room: of his own address, and in all.
      expect(await second.ask("QUIT")).toStartWith("221 ");
      await second.end();
      await until("room", () => (standing.log.match(/event=end reason=quit/g) ?? [])[0]);
      const again = await come("192.0.2.1");
      expect(await again.read(smtpReply)).toStartWith("220 ");
    },
    60_000,
  );

  part("ends while proxies say nothing, or half of what they have to", needs, async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, { options: BELIEVES });
    await using silent = await standing.dial();
    await using slow = await standing.dial();
    await slow.send("PROXY TCP4 192.0.2.7 ");
    await Bun.sleep(300);
    const began = performance.now();
    standing.kill("SIGTERM");
    expect(await standing.exit()).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect([await silent.end(), await slow.end()]).toEqual(["", ""]);
  });

  part("serves proxies on a socket that was passed to it", needs, async () => {
    for (const place of ["inetd", "systemd"] as const) {
      await using scratch = new Scratch();
      const drop = root.there ? ["--user", "nobody"] : [];
      const log = ["--log", `file:${scratch.path}/log`];
      await using started = onListener(
        [protowrap, "line", ...drop, ...log, ...BELIEVES, ...telling(scratch)],
        place,
      );
      await using talk = await dial(started.port);
      await talk.send(`${HEADERS["version 2, IPv6"]}hello\r\n`);
      await talk.read(line(ENDS["version 2, IPv6"]));
    }
  });
});

describe("--accept-proxy, a super-server", () => {
  for (const [name, start, more] of [
    ["inetd", inetd, inetdNeeds],
    ["tcpserver", tcpserver, [program("tcpserver")]],
  ] as const)
    part(`${name}'s own word is overruled by the proxy's`, [...needs, ...more], async () => {
      await using scratch = new Scratch();
      const drop = root.there ? ["--user", "nobody"] : [];
      const argv = [protowrap, "line", ...drop, "--log", `file:${scratch.path}/log`, ...BELIEVES];
      await using front = await start(scratch, [...argv, ...telling(scratch)]);
      await using talk = await dial(front.port);
      await talk.send(`${HEADERS["version 1, IPv6"]}hello\r\n`);
      await talk.read(line(ENDS["version 1, IPv6"]));
      await using other = await dial(front.port, { reads: true, from: "127.0.0.9" });
      await other.send("PROXY UNKNOWN\r\n");
      await other.read(
        new RegExp(`^127\\.0\\.0\\.9 ${other.port} 127\\.0\\.0\\.1 ${front.port}\nPROXY UNKNOWN\r?\n`),
      );
    });

  part("pipes carry no proxy", needs, async () => {
    await using scratch = new Scratch();
    const argv = [protowrap, "line", ...(root.there ? ["--user", "nobody"] : []), "--log", "none"];
    const script = "set -o pipefail; printf 'PROXY UNKNOWN\\r\\n' | \"$@\" | cat";
    const words = ["bash", "-c", script, "sh", ...argv, ...BELIEVES, ...telling(scratch)];
    const { code, stderr, stdout } = await run(scratch, words, { env: { TCPREMOTEIP: "127.0.0.1" } });
    expect([code, stdout.toString()]).toEqual([64, ""]);
    expect(stderr).toContain("--accept-proxy: expected a proxy on a socket, got one on pipes");
  });
});

/** Clients of both families, through a proxy. */
async function comeBy(proxy: ProxyServer): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const socket = connect({ port: proxy.port, host });
    let heard = "";
    socket.on("data", (octets) => {
      heard += octets.toString("latin1");
    });
    socket.write("hello\r\n");
    await until(`an echo to ${host}`, () => /hello/.exec(heard) ?? undefined);
    expect(heard).toStartWith(`${host} ${socket.localPort} ${host} ${proxy.port}\n`);
    socket.destroy();
  }
}

describe("A real proxy", () => {
  for (const server of [
    ...["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"],
    ...["send-proxy check inter 200ms", "send-proxy-v2 check inter 200ms"],
  ])
    part(`HAProxy, ${server}: tells of its clients`, [...needs, ...haproxyNeeds], async () => {
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, {
        ...{ protocol: "line", server: telling(scratch), options: BELIEVES },
      });
      await using proxy = await haproxy(scratch, standing.port, server);
      await comeBy(proxy);
      if (!server.includes("check")) return;
      await Bun.sleep(1_500);
      expect(standing.log).not.toContain("proxy-header");
      // A check of version 1 is one of an unknown client.
      if (server.includes("v2")) expect(started(scratch)).toBe(2);
      await comeBy(proxy); // the checks have found it well
    });

  part("nginx tells of its clients", [...needs, ...nginxNeeds], async () => {
    await using scratch = new Scratch();
    await using standing = await Standing.start(scratch, {
      ...{ protocol: "line", server: telling(scratch), options: BELIEVES },
    });
    await using proxy = await nginx(scratch, standing.port);
    await comeBy(proxy);
  });
});
