// The server behind TLS: who it is is verified, and whatever is wrong with that, it is not spoken to at all, least of
// all in the clear.

import { describe, expect } from "bun:test";
import { Authority, type Identity, openssl } from "./parts/authority.ts";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { inFront, SITUATIONS } from "./parts/situation.ts";
import { pop3Server, smtpServer, TlsServer, type TlsServerPlan } from "./parts/tlsserver.ts";

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
  },
  talks: (ask: (line: string) => Promise<string>, server: TlsServer, log: () => string) => Promise<void>,
): Promise<void> {
  await using scratch = new Scratch();
  const authority = await Authority.make(scratch);
  const identity = (await how.identity?.(authority, scratch)) ?? (await authority.identity("DNS:mx.test"));
  using server = new TlsServer({ ...plan, identity });
  const where = `127.0.0.1:${server.port},tls=${how.tls.replace("ROOT", authority.root.certificate)}`;
  await using front = await inFront(scratch, situation, protocol, ...(how.options ?? []), "--connect", where);
  await using talk = await front.dial();
  const reply = protocol === "smtp" ? smtpReply : pop3Status;
  const ask = (line: string) => (line === "" ? talk.read(reply) : talk.ask(line, reply));
  await talks(ask, server, () => front.log);
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

    part("is told a mail inside TLS only, having been asked for it", needs, () =>
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

    part("may say what it says in the clear an octet at a time", needs, () =>
      tried(situation, "smtp", { ...smtp, pieces: 1 }, { tls: starttls }, (ask) => mail(ask)),
    );

    part("speaks TLS from the first octet on", needs, () =>
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

    part("has an address in its certificate where it has no other name", needs, () =>
      tried(
        situation,
        "smtp",
        { inside: smtp.inside },
        { tls: "implicit,ca=ROOT", identity: (authority) => authority.identity("IP:127.0.0.1") },
        (ask) => mail(ask),
      ),
    );

    part("is asked by STLS, and its stamp is the client's", needs, () =>
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
      part(`${which} is no server`, needs, () =>
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
  });
