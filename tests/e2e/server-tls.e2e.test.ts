// The server behind TLS: who it is is verified, and whatever is wrong with that, it is not spoken to at all, least of
// all in the clear.

import { describe, expect } from "bun:test";
import { copyFileSync, readFileSync } from "node:fs";
import { Authority, type Identity, openssl } from "./parts/authority.ts";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, mounts, root, waiting } from "./parts/missing.ts";
import { onClient } from "./parts/onsocket.ts";
import { Scratch } from "./parts/scratch.ts";
import { inFront, inFrontBy, SITUATIONS } from "./parts/situation.ts";
import { pop3Server, smtpServer, TlsServer, type TlsServerPlan } from "./parts/tlsserver.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built, openssl];

/** @param tls what stands behind ",tls=", where ROOT is the authority's file */
async function tried(
  situation: (typeof SITUATIONS)[number],
  protocol: "smtp" | "pop3",
  plan: Omit<TlsServerPlan, "identity">,
  how: {
    readonly tls: string;
    readonly identity?: (authority: Authority, scratch: Scratch) => Promise<Identity>;
    readonly options?: readonly string[];
    /** Who is all that the system trusts. */
    readonly system?: (authority: Authority, scratch: Scratch) => Promise<Authority>;
  },
  talks: (ask: (line: string) => Promise<string>, server: TlsServer, log: () => string) => Promise<void>,
): Promise<void> {
  await using scratch = new Scratch();
  const authority = await Authority.make(scratch);
  const identity = (await how.identity?.(authority, scratch)) ?? (await authority.identity("DNS:mx.test"));
  using server = new TlsServer({ ...plan, identity });
  const where = `127.0.0.1:${server.port},tls=${how.tls.replace("ROOT", authority.root.certificate)}`;
  const system = await how.system?.(authority, scratch);
  const by = system === undefined ? [] : trusting(scratch, system);
  const words = [...(how.options ?? []), "--connect", where];
  await using front = await inFrontBy(by, scratch, situation, protocol, ...words);
  await using talk = await front.dial();
  const reply = protocol === "smtp" ? smtpReply : pop3Status;
  const ask = (line: string) => (line === "" ? talk.read(reply) : talk.ask(line, reply));
  await talks(ask, server, () => front.log);
}

/** In front of a command: for it alone the system trusts this one. */
function trusting(scratch: Scratch, { root }: Authority): string[] {
  const directory = scratch.directory("trusted");
  copyFileSync(root.certificate, `${directory}/ca-certificates.crt`);
  const script = `mount --bind ${directory} /etc/ssl/certs && exec "$@"`;
  return ["unshare", "-m", "/bin/sh", "-c", script, "sh"];
}

async function mail(ask: (line: string) => Promise<string>): Promise<void> {
  expect(await ask("")).toStartWith("220 ");
  expect(await ask("EHLO client.test")).toContain("SIZE");
  expect(await ask("MAIL FROM:<a@client.test>")).toStartWith("250 ");
  expect(await ask("RCPT TO:<u@kit.test>")).toStartWith("250 ");
  expect(await ask("DATA")).toStartWith("354 ");
  expect(await ask("Subject: x\r\n\r\nsecret text\r\n.")).toStartWith("250 ");
  expect(await ask("QUIT")).toStartWith("221 ");
}

for (const situation of SITUATIONS)
  describe(`A server behind TLS, and ${situation}`, () => {
    const smtp = smtpServer();
    const starttls = "starttls,ca=ROOT,name=mx.test";

    waiting("is told a mail inside TLS only, having been asked for it", needs, () =>
      tried(situation, "smtp", smtp, { tls: starttls }, async (ask, server, log) => {
        await mail(ask);
        expect(server.clear).toMatch(/^EHLO [^\r\n]+\r\nSTARTTLS\r\n$/);
        expect(server.inside).toStartWith("EHLO client.test\r\nMAIL FROM:<a@client.test>");
        expect(server.inside).toContain("secret text");
        await until("the end in the log", () => (/event=end /.test(log()) ? true : undefined));
        expect(log()).toContain("reason=quit");
        expect(log()).not.toContain("unreachable");
      }),
    );

    waiting(
      "is who the system's authorities say it is, where no file is named",
      [...needs, root, mounts],
      () =>
        tried(
          situation,
          "smtp",
          smtp,
          { tls: "starttls,name=mx.test", system: async (authority) => authority },
          async (ask, server) => {
            await mail(ask);
            expect(server.inside).toContain("secret text");
          },
        ),
    );

    waiting("whom the system's authorities do not know is no server", [...needs, root, mounts], () =>
      tried(
        situation,
        "smtp",
        smtp,
        { tls: "starttls,name=mx.test", system: (_, scratch) => Authority.make(scratch, "other") },
        async (ask, server, log) => {
          expect(await ask("")).toStartWith("421 ");
          expect(log()).toMatch(/event=server-unreachable .*error="certificate is not trusted: /);
          expect(server.inside).toBe("");
        },
      ),
    );

    waiting("may say what it says in the clear an octet at a time", needs, () =>
      tried(situation, "smtp", { ...smtp, pieces: 1 }, { tls: starttls }, (ask) => mail(ask)),
    );

    waiting("speaks TLS from the first octet on", needs, () =>
      tried(
        situation,
        "smtp",
        { inside: smtp.inside },
        { tls: "implicit,ca=ROOT,name=mx.test" },
        async (ask, server) => {
          await mail(ask);
          expect(server.clear).toBe("");
        },
      ),
    );

    waiting("has an address in its certificate where it has no other name", needs, () =>
      tried(
        situation,
        "smtp",
        { inside: smtp.inside },
        { tls: "implicit,ca=ROOT", identity: (authority) => authority.identity("IP:127.0.0.1") },
        (ask) => mail(ask),
      ),
    );

    waiting("is asked by STLS, and its stamp is the client's", needs, () =>
      tried(situation, "pop3", pop3Server(), { tls: starttls }, async (ask, server) => {
        expect(await ask("")).toContain("<1.2@mx.test>");
        expect(await ask("USER u")).toStartWith("+OK");
        expect(server.clear).toBe("STLS\r\n");
        expect(server.inside).toContain("USER u\r\n");
      }),
    );

    const refused: readonly [
      string,
      string,
      Partial<TlsServerPlan>,
      string,
      ((authority: Authority, scratch: Scratch) => Promise<Identity>)?,
    ][] = [
      [
        "whose certificate is another's",
        "certificate is not for mx.test",
        {},
        starttls,
        (a) => a.identity("DNS:wrong.test"),
      ],
      [
        "whose name is in the subject alone",
        "certificate is not for mx.test",
        {},
        starttls,
        (a) => a.identity("email:a@mx.test"),
      ],
      [
        "whose certificate has a name and not its address",
        "certificate is not for 127.0.0.1",
        {},
        "starttls,ca=ROOT",
      ],
      [
        "whose certificate has expired",
        "certificate has expired",
        {},
        starttls,
        (a) => a.identity("DNS:mx.test", "expired"),
      ],
      [
        "of an authority that is not trusted",
        "certificate is not trusted: ",
        {},
        starttls,
        async (_, scratch) => (await Authority.make(scratch, "other")).identity("DNS:mx.test"),
      ],
      ["that does not offer it", "does not offer STARTTLS", smtpServer(["SIZE", "XSTARTTLS"]), starttls],
      [
        "that has no TLS now",
        "answered STARTTLS with 454",
        smtpServer(["STARTTLS"], "454 4.7.0 later"),
        starttls,
      ],
      ["that greets with 554", "greeted with 554", { clear: () => "554 no\r\n" }, starttls],
      ["that says no SMTP", "said what is no reply", { clear: () => "hello there\r\n" }, starttls],
      [
        "that says a line without end",
        "says a line that is too long",
        { clear: () => "x".repeat(3000) },
        starttls,
      ],
      [
        "that says more behind its 220",
        "says more than it was asked for before TLS",
        smtpServer(["STARTTLS"], "220 go\r\n250 injected"),
        starttls,
      ],
      ["that says more a moment later", "no TLS: ", { late: "250 injected\r\n" }, starttls],
      ["that speaks no TLS", "", { ...smtp }, "implicit,ca=ROOT,name=mx.test"],
      [
        "that hangs up when it is asked",
        "",
        { ...smtp, clear: (line) => (line === null ? "220 x\r\n" : "") },
        starttls,
      ],
    ];
    for (const [which, error, wrong, tls, identity] of refused)
      waiting(`${which} is no server`, needs, () =>
        tried(
          situation,
          "smtp",
          { ...smtp, ...wrong },
          { tls, ...(identity === undefined ? {} : { identity }), options: ["--server-timeout", "3"] },
          async (ask, server, log) => {
            expect(await ask("")).toStartWith("421 ");
            await until("the end in the log", () => (/event=end /.test(log()) ? true : undefined));
            expect(log()).toContain("reason=server-unavailable");
            if (error !== "") expect(log()).toMatch(new RegExp(`event=server-unreachable .*error="${error}`));
            expect(server.clear).not.toContain("client.test");
            expect(server.inside).toBe("");
          },
        ),
      );

    waiting("is not the one that is taken where another one is who it must be", needs, async () => {
      await using scratch = new Scratch();
      const authority = await Authority.make(scratch);
      using wrong = new TlsServer({ ...smtp, identity: await authority.identity("DNS:wrong.test") });
      using right = new TlsServer({ ...smtp, identity: await authority.identity("DNS:mx.test") });
      const tls = `tls=starttls,name=mx.test,ca=${authority.root.certificate}`;
      // By chance the lighter one comes first in one of a hundred thousand runs.
      const servers = [`127.0.0.1:${wrong.port},weight=99999,${tls}`, `127.0.0.1:${right.port},${tls}`];
      await using front = await inFront(
        scratch,
        situation,
        "smtp",
        ...servers.flatMap((it) => ["--connect", it]),
      );
      await using talk = await front.dial();
      await mail((line) => (line === "" ? talk.read(smtpReply) : talk.ask(line)));
      expect(front.log).toContain(
        `destination=127.0.0.1:${wrong.port} error="certificate is not for mx.test"`,
      );
      expect(front.log).not.toContain("event=server-unavailable");
      expect([wrong.inside, right.inside.slice(0, 16)]).toEqual(["", "EHLO client.test"]);
    });

    waiting("is asked anew in the place of one that was ended, which is told no end", needs, () =>
      tried(situation, "smtp", smtp, { tls: starttls }, async (ask, server) => {
        expect(await ask("")).toStartWith("220 ");
        await ask("EHLO client.test");
        await ask("MAIL FROM:<a@client.test>");
        await ask("RCPT TO:<u@kit.test>");
        await ask("DATA");
        expect(await ask("half a mail, a\0 and no more\r\n.")).toStartWith("550 5.6.0 ");
        const [ended] = await until("an end of the first", () =>
          server.ends.length > 0 ? server.ends : undefined,
        );
        expect(ended).toContain("ECONNRESET");
        expect(await ask("MAIL FROM:<b@client.test>")).toStartWith("250 ");
        expect(server.clear).toMatch(/^(?:EHLO [^\r\n]+\r\nSTARTTLS\r\n){2}$/);
        expect(server.inside).toContain("RCPT TO:<u@kit.test>\r\nDATA\r\n");
        expect(server.inside).toEndWith("EHLO client.test\r\nMAIL FROM:<b@client.test>\r\n");
        expect(server.inside).not.toContain("\r\n.\r\n");
      }),
    );

    waiting("and ends the session in order reads an end of it", needs, () =>
      tried(situation, "smtp", smtp, { tls: starttls }, async (ask, server) => {
        await mail(ask);
        expect(await until("an end", () => (server.ends.length > 0 ? server.ends[0] : undefined))).toBe(
          "end",
        );
      }),
    );
  });

describe("A protocol from outside", () => {
  const source = (step: string) => `export default { name: "x", dialogue: "lock-step",
    unavailable: () => "NO\\r\\n", startTls: (hostname) => ({ serverLine: (text) => ${step} }),
    converse: () => ({ lineLimit: () => 99, clientLine: ({ text }) => ({ server: text + "\\r\\n", next: "reply" }),
      expired() {}, serverLine: (text) => ({ client: text + "\\r\\n", next: "command" }),
      serverLost: () => ({ client: "NO\\r\\n", next: "close" }), tooManyErrors() {} }) };`;

  async function met(step: string): Promise<[first: string, clear: string, log: string]> {
    await using scratch = new Scratch();
    const authority = await Authority.make(scratch);
    const clear = (line: string | null) => (line === null ? "HI\r\n" : "GO\r\n");
    const identity = await authority.identity("DNS:mx.test");
    using server = new TlsServer({
      identity,
      clear,
      upgrade: /^UP /,
      inside: () => (line) => `in ${line}\r\n`,
    });
    const file = scratch.file("x.js", source(step));
    const log = `${scratch.path}/log`;
    const tls = `tls=starttls,name=mx.test,ca=${authority.root.certificate}`;
    const drop = root.there ? ["--user", "nobody"] : [];
    const argv = [...drop, "--hostname", "gate.test", "--log", `file:${log}`];
    await using client = await onClient(
      [protowrap, file, ...argv, "--connect", `127.0.0.1:${server.port},${tls}`],
      "inetd",
    );
    const first = await client.talk.read(/^[^\n]*\r\n/);
    if (first === "HI\r\n") expect(await client.talk.ask("hello", /^[^\n]*\r\n/)).toBe("in hello\r\n");
    client.talk.halfClose();
    await client.end();
    return [first, server.clear, readFileSync(log, "latin1")];
  }

  waiting("asks its server for TLS in its own words", needs, async () => {
    const [first, clear] = await met('text === "HI" ? { server: "UP " + hostname + "\\r\\n" } : "secure"');
    expect([first, clear]).toEqual(["HI\r\n", "UP gate.test\r\n"]);
  });

  for (const [step, fault] of [
    ['"sure"', "expected more, secure"],
    ['({ server: "A\\r\\nB\\r\\n" })', "expected more, secure"],
    ["null.x", "threw TypeError"],
  ] as const)
    waiting(`that answers with ${step} is told of, and nothing is said`, needs, async () => {
      const [first, clear, log] = await met(step);
      expect([first, clear]).toEqual(["NO\r\n", ""]);
      expect(log).toContain("startTls: serverLine()");
      expect(log).toContain(fault);
    });
});

describe("A server behind TLS in whose protocol nobody greets", () => {
  const needs = [built, openssl];
  for (const situation of SITUATIONS)
    waiting(`answers a client that says no more, with ${situation}`, needs, async () => {
      await using scratch = new Scratch();
      const authority = await Authority.make(scratch);
      const identity = await authority.identity("DNS:mx.test");
      const inside = () => (line: string) => (line === "" ? "" : `Login: ${line}\r\n`);
      using server = new TlsServer({ identity, inside });
      const tls = `tls=implicit,name=mx.test,ca=${authority.root.certificate}`;
      await using front = await inFront(
        scratch,
        situation,
        "finger",
        "--connect",
        `127.0.0.1:${server.port},${tls}`,
      );
      await using talk = await front.dial();
      await talk.send("bob\r\n");
      expect(await talk.end()).toBe("Login: bob\r\n");
    });
});
