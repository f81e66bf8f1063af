// --send-proxy: a server over TCP hears who the client is, before anything else, and so judges, logs and traces it.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { Authority, openssl } from "./parts/authority.ts";
import { type Conversation, pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { Dovecot, dovecotNeeds } from "./parts/dovecot.ts";
import { pemBeside } from "./parts/keypair.ts";
import { built, option, part, program, root } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { mailbox, postfixDelivery, smtpd } from "./parts/postfix.ts";
import { run } from "./parts/process.ts";
import { binary, HEADERS, LOCAL } from "./parts/proxying.ts";
import { Scratch } from "./parts/scratch.ts";
import { SieveServer, sieveNeeds } from "./parts/sieveserver.ts";
import { loggedIn } from "./parts/sievetalk.ts";
import { inFront, SITUATIONS } from "./parts/situation.ts";
import { mailStub, Standing } from "./parts/standing.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { TlsTalk } from "./parts/tlstalk.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built, option("smtp", "send-proxy")];
const VERSIONS = ["v1", "v2"] as const;
/** By whom clients of both families come. */
const COME = ["version 1, IPv4", "version 2, IPv6"] as const;

/** A server over TCP that notes what each connection begins with. */
class Notes implements Disposable {
  readonly said: string[] = [];
  readonly #server: Bun.TCPSocketListener<{ number: number }>;

  /** @param reply to each, first; null hangs up on it as soon as it has spoken */
  constructor(reply: string | null) {
    const { said } = this;
    this.#server = Bun.listen<{ number: number }>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          socket.data = { number: said.push("") - 1 };
          if (reply !== null) socket.write(reply);
        },
        data(socket, octets) {
          said[socket.data.number] += octets.toString("latin1");
          if (reply === null) socket.end();
        },
      },
    });
  }

  get port(): number {
    return this.#server.port;
  }

  [Symbol.dispose](): void {
    this.#server.stop(true);
  }
}

async function mails(talk: Conversation): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
    expect(await talk.ask(line)).toStartWith("250");
  expect(await talk.ask("DATA")).toStartWith("354 ");
  expect(await talk.ask("Subject: x\r\n\r\nx\r\n.")).toStartWith("250 ");
  expect(await talk.ask("QUIT")).toStartWith("221 ");
}

for (const situation of SITUATIONS)
  for (const version of VERSIONS)
    describe(`--send-proxy ${version}, ${situation}`, () => {
      part("Postfix traces the client", [...needs, openssl, ...postfixDelivery], async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        const port = await freePort();
        const authority = await Authority.make(scratch);
        const identity = await authority.identity("DNS:postfix.test");
        const more = `smtpd_upstream_proxy_protocol = haproxy
inet_protocols = all
mynetworks = 192.0.2.0/24 [2001:db8::]/32
`;
        await using _ = await smtpd(scratch, port, identity, more);
        for (const tls of ["", `,tls=starttls,name=postfix.test,ca=${authority.root.certificate}`]) {
          const words = ["--accept-proxy", "127.0.0.1", "--send-proxy", version];
          await using front = await inFront(
            ...([own, situation, "smtp", ...words, "--connect", `127.0.0.1:${port}${tls}`] as const),
          );
          const before = mailbox(scratch).length;
          for (const name of COME) {
            await using talk = await front.dial();
            await talk.send(HEADERS[name]);
            await mails(talk);
          }
          await until("two mails", () => mailbox(scratch).length === before + 2 || undefined, 10_000);
        }
        const traces = mailbox(scratch).map(
          (mail) => /^Received: from c\.test \(\S+ \[(\S+)\]\)/m.exec(mail)?.[1],
        );
        expect(traces.sort()).toEqual(["192.0.2.7", "192.0.2.7", "IPv6:2001:db8::7", "IPv6:2001:db8::7"]);
      });

      part("Dovecot logs the client", [...needs, ...dovecotNeeds], async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        const more = `
haproxy_trusted_networks = 127.0.0.0/8
service pop3-login {
  inet_listener pop3 {
    haproxy = yes
  }
}
`;
        await using dovecot = await Dovecot.with(scratch, [], null, more);
        const words = ["--accept-proxy", "127.0.0.1", "--send-proxy", version];
        await using front = await inFront(
          ...([own, situation, "pop3", ...words, "--connect", `127.0.0.1:${dovecot.pop3Port}`] as const),
        );
        for (const name of COME) {
          await using talk = await front.dial();
          await talk.send(HEADERS[name]);
          expect(await talk.read(pop3Status)).toStartWith("+OK");
          for (const line of ["USER kituser", "PASS kitpass", "QUIT"])
            expect(await talk.ask(line, pop3Status)).toStartWith("+OK");
        }
        const log = () => readFileSync(`${scratch.path}/dovecot.log`, "latin1");
        for (const address of ["192.0.2.7", "2001:db8::7"])
          await until(
            address,
            () => log().includes(`user=<kituser>, method=PLAIN, rip=${address}, `) || undefined,
          );
      });

      part("Dovecot's ManageSieve logs the client", [...needs, ...sieveNeeds], async () => {
        await using scratch = new Scratch();
        await using own = new Scratch();
        const more = `
haproxy_trusted_networks = 127.0.0.0/8
service managesieve-login {
  inet_listener sieve {
    haproxy = yes
  }
}
`;
        await using server = await SieveServer.start(scratch, { more });
        const words = ["--accept-proxy", "127.0.0.1", "--send-proxy", version];
        await using front = await inFront(
          ...([own, situation, "managesieve", ...words, "--connect", `127.0.0.1:${server.port}`] as const),
        );
        for (const name of COME) {
          await using talk = await front.dial();
          await talk.send(HEADERS[name]);
          await loggedIn(talk);
        }
        for (const address of ["192.0.2.7", "2001:db8::7"])
          await until(
            address,
            () => server.log.includes(`user=<kituser>, method=PLAIN, rip=${address}, `) || undefined,
          );
      });

      part("tells of the client that has come", needs, async () => {
        using notes = new Notes("220 x\r\n");
        await using scratch = new Scratch();
        const words = ["--accept-proxy", "127.0.0.9", "--send-proxy", version];
        await using front = await inFront(
          ...([scratch, situation, "smtp", ...words, "--connect", `127.0.0.1:${notes.port}`] as const),
        );
        await using talk = await front.dial();
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        const said = await until("its header", () => notes.said[0] || undefined);
        if (version === "v1")
          expect(said).toMatch(new RegExp(`^PROXY TCP4 127.0.0.1 127.0.0.1 ${talk.port} \\d+\r\n$`));
        else {
          const [high, low] = [talk.port! >> 8, talk.port! & 255];
          const ends = [127, 0, 0, 1, 127, 0, 0, 1, high, low];
          expect(said).toStartWith(binary(0x11, [...ends, 0, 0]).slice(0, -2));
          expect(said).toHaveLength(28);
        }
      });

      part("says so before TLS", [...needs, openssl], async () => {
        await using inner = new Scratch();
        const authority = await Authority.make(inner);
        const { certificate, key } = await authority.identity("DNS:mx.test");
        await using server = await Standing.start(inner, {
          options: [
            ...["--accept-proxy", "127.0.0.1", "--relay-ip", "2001:db8::7"],
            ...["--tls", "implicit", "--tls-cert", certificate, "--tls-key", key],
          ],
          server: ["--", ...mailStub(inner)],
        });
        await using outer = new Scratch();
        const place = `127.0.0.1:${server.port},tls=implicit,name=mx.test,ca=${authority.root.certificate}`;
        const words = ["--accept-proxy", "127.0.0.1", "--send-proxy", version, "--connect", place];
        await using front = await inFront(...([outer, situation, "smtp", ...words] as const));
        for (const header of [HEADERS["version 2, IPv6"], "PROXY UNKNOWN\r\n"]) {
          await using talk = await front.dial();
          await talk.send(header);
          await mails(talk);
        }
        await until("both", () =>
          server.log.match(/event=end reason=quit/g)?.length === 2 ? true : undefined,
        );
        const via = "via=127\\.0\\.0\\.1:\\d+ protocol=smtp event=tls";
        expect(server.log).toMatch(new RegExp(`client="?\\[2001:db8::7\\]:51422"? ${via}`));
        expect(server.log).toMatch(new RegExp(`client=unknown ${via}`));
      });
    });

/** The records behind the addresses, of version 2: PP2_TYPE_SSL in hand-made notation. */
function ssl(version: string, cipher: string): string {
  const record = (type: number, value: string) =>
    String.fromCharCode(type, value.length >> 8, value.length & 255) + value;
  return record(0x20, `\x01\0\0\0\x01${record(0x21, version)}${record(0x23, cipher)}`);
}

for (const situation of SITUATIONS)
  describe(`--send-proxy, ${situation}, a client in TLS from its first octet on`, () => {
    const front = async (
      all: AsyncDisposableStack,
      scratch: Scratch,
      words: readonly string[],
      protocol: "smtp" | "pop3" = "smtp",
    ) => {
      const options = ["--tls", "implicit", "--tls-cert", pemBeside(`${scratch.path}/own`)];
      const [server, rest] = [words.slice(0, 2), words.slice(2)];
      if (situation === "a listener")
        return all.use(await Standing.start(scratch, { protocol, options: [...options, ...rest], server }))
          .port;
      const drop = root.there ? ["--user", "nobody"] : [];
      const log = ["--log", `file:${scratch.path}/log`];
      const relay = protocol === "smtp" ? ["--relay-domain", "kit.test"] : [];
      const own = [protowrap, protocol, ...drop, ...relay, ...log];
      return all.use(await tcpserver(scratch, [...own, ...options, ...words])).port;
    };
    const log = (scratch: Scratch) => readFileSync(`${scratch.path}/log`, "latin1");

    for (const version of VERSIONS)
      part(`${version}: says by which, where the version can`, [...needs, program("python3")], async () => {
        using notes = new Notes("220 x\r\n");
        await using scratch = new Scratch();
        await using all = new AsyncDisposableStack();
        const words = ["--connect", `127.0.0.1:${notes.port}`, "--send-proxy", version];
        await using client = await TlsTalk.dial(await front(all, scratch, words));
        const spoken = await client.secure({ most: "TLSv1_2" });
        expect(await client.talk.read(smtpReply)).toStartWith("220 ");
        const said = await until("its header", () => notes.said[0] || undefined);
        if (version === "v1") expect(said).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
        else expect(said.slice(28)).toBe(ssl("TLSv1.2", spoken.cipher));
        expect(spoken.version).toBe("TLSv1.2");
      });

    part("Dovecot takes it for secured", [...needs, ...dovecotNeeds, program("python3")], async () => {
      await using scratch = new Scratch();
      const more = `
disable_plaintext_auth = yes
haproxy_trusted_networks = 127.0.0.0/8
service pop3-login {
  inet_listener pop3 {
    haproxy = yes
  }
}
`;
      await using dovecot = await Dovecot.with(scratch, [], null, more);
      for (const [version, reply] of [
        ["v2", /^\+OK/],
        ["v1", /^-ERR/],
      ] as const) {
        await using own = new Scratch();
        await using all = new AsyncDisposableStack();
        const told = ["--accept-proxy", "127.0.0.1", "--send-proxy", version];
        const words = ["--connect", `127.0.0.1:${dovecot.pop3Port}`, ...told];
        await using client = await TlsTalk.dial(await front(all, own, words, "pop3"));
        await client.secure({ ahead: HEADERS["version 1, IPv4"] });
        expect(await client.talk.read(pop3Status)).toStartWith("+OK");
        await client.talk.ask("USER kituser", pop3Status);
        expect(await client.talk.ask("PASS kitpass", pop3Status)).toMatch(reply);
      }
    });

    part(
      "connects nobody for a handshake that fails, and tells that",
      [...needs, program("python3")],
      async () => {
        using notes = new Notes("220 x\r\n");
        await using scratch = new Scratch();
        await using all = new AsyncDisposableStack();
        const words = ["--connect", `127.0.0.1:${notes.port}`, "--send-proxy", "v2"];
        await using client = await TlsTalk.dial(await front(all, scratch, words));
        await client.refused({ most: "TLSv1_1" });
        await until("the end", () => /event=end /.exec(log(scratch)) ?? undefined, 8_000);
        expect(log(scratch)).toMatch(/event=tls-failed reason=version/);
        expect(log(scratch)).toMatch(/event=end reason=tls-failed seconds=[01]\./);
        expect(notes.said).toEqual([]);
      },
    );
  });

describe("--send-proxy", () => {
  for (const version of VERSIONS)
    part(`${version}: a server that is tried again hears of nobody`, needs, async () => {
      using failing = new Notes(null);
      using good = new Notes("220 x\r\n");
      await using scratch = new Scratch();
      await using standing = await Standing.start(scratch, {
        options: ["--send-proxy", version, "--server-retry", "1"],
        server: [failing, good].flatMap(({ port }) => ["--connect", `127.0.0.1:${port}`]),
      });
      const says = () =>
        failing.said.filter((said) => said === (version === "v1" ? "PROXY UNKNOWN\r\n" : LOCAL));
      for (let client = 0; client < 4; client++) {
        await using talk = await standing.dial();
        expect(await talk.read(smtpReply)).toStartWith("220 ");
      }
      await until("a try", () => says().length > 0 || undefined, 10_000);
      expect(good.said.every((said) => said !== LOCAL)).toBe(true);
      const back = () => /event=server-unreachable .*state=back/.test(standing.log);
      // One that leaves when nobody is behind it is there; in version 1 it has hung up on somebody.
      if (version === "v2") await until("its return", () => back() || undefined);
      else {
        await Bun.sleep(1_500);
        expect(back()).toBe(false);
      }
    });

  part("is for servers over TCP", needs, async () => {
    await using scratch = new Scratch();
    for (const words of [
      ["smtp", "--send-proxy", "v1"],
      ["smtp", "--send-proxy", "v2", "--", "/bin/true"],
    ]) {
      const { code, stderr } = await run(scratch, [protowrap, "check", ...words]);
      expect([code, stderr]).toEqual([
        64,
        expect.stringContaining("--send-proxy: expected --connect with it, got none"),
      ]);
    }
  });
});
