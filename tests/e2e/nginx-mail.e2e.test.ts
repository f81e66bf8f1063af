// nginx's mail module in front of us: what the manual's table says of it.

import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { Authority, openssl } from "./parts/authority.ts";
import { dial, pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { Dovecot, dovecotNeeds } from "./parts/dovecot.ts";
import { built, option, waiting } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { mailbox, postfixDelivery, smtpd } from "./parts/postfix.ts";
import { nginxMail, nginxMailNeeds } from "./parts/proxying.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";

const needs = [built, option("smtp", "xclient"), ...nginxMailNeeds];
const PROXY = ["--accept-proxy", "127.0.0.1"];
const FROM = "127.0.0.77";

const POSTFIX = `smtpd_authorized_xclient_hosts = 127.0.0.0/8
mynetworks = 127.0.0.77
`;

waiting(
  "proxy_protocol on, xclient off: Postfix traces nginx's client, by the name of nginx",
  [...needs, openssl, ...postfixDelivery],
  async () => {
    await using scratch = new Scratch();
    await using own = new Scratch();
    const port = await freePort();
    const identity = await (await Authority.make(scratch)).identity("DNS:postfix.test");
    await using _ = await smtpd(scratch, port, identity, POSTFIX);
    const server = ["--connect", `127.0.0.1:${port}`];
    await using standing = await Standing.start(own, { options: [...PROXY, "--xclient"], server });
    await using proxy = await nginxMail(
      ...([own, "smtp", standing.port, "smtp_auth none; proxy_protocol on; xclient off;"] as const),
    );
    await using talk = await dial(proxy.port, { from: FROM });
    expect(await talk.read(smtpReply)).toStartWith("220 nginx.test");
    for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
      expect(await talk.ask(line)).toStartWith("250");
    expect(await talk.ask("DATA")).toStartWith("354 ");
    expect(await talk.ask("Subject: x\r\n\r\nx\r\n.")).toStartWith("250 ");
    const text = await until("a mail", () => mailbox(scratch)[0], 10_000);
    expect(text).toMatch(/^Received: from nginx\.test \(unknown \[127\.0\.0\.77\]\)/m);
    expect(standing.log).toMatch(/client="?127\.0\.0\.77:\d+"? via="?127\.0\.0\.1:\d+"? .*event=message/);
  },
);

waiting("xclient on, which it is by default: no mail passes", needs, async () => {
  await using own = new Scratch();
  await using standing = await Standing.start(own, { options: PROXY });
  await using proxy = await nginxMail(
    ...([own, "smtp", standing.port, "smtp_auth none; proxy_protocol on;"] as const),
  );
  await using talk = await dial(proxy.port, { from: FROM });
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>"]) expect(await talk.ask(line)).toStartWith("250");
  expect(await talk.ask("RCPT TO:<u@kit.test>")).toMatch(/^[45]/);
  await until("its refusal", () => /event=refused .*verb=XCLIENT/.exec(standing.log) ?? undefined);
});

waiting("without proxy_protocol: its connection is closed, and that is told", needs, async () => {
  await using own = new Scratch();
  await using standing = await Standing.start(own, { options: PROXY });
  await using proxy = await nginxMail(
    ...([own, "smtp", standing.port, "smtp_auth none; xclient off;"] as const),
  );
  await using talk = await dial(proxy.port, { from: FROM });
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>"]) expect(await talk.ask(line)).toStartWith("250");
  await talk.send("RCPT TO:<u@kit.test>\r\n");
  await until("its refusal", () => /reason=proxy-header/.exec(standing.log) ?? undefined, 12_000);
});

waiting(
  "POP3, and logins that Dovecot judges, of the client that nginx tells of",
  [...needs, ...dovecotNeeds],
  async () => {
    await using scratch = new Scratch();
    await using own = new Scratch();
    await using dovecot = await Dovecot.with(scratch, [], null, "login_trusted_networks = 127.0.0.1\n");
    const server = ["--connect", `127.0.0.1:${dovecot.pop3Port}`];
    const options = [...PROXY, "--xclient"];
    await using standing = await Standing.start(own, { protocol: "pop3", options, server });
    await using proxy = await nginxMail(...([own, "pop3", standing.port, "proxy_protocol on;"] as const));
    await using talk = await dial(proxy.port, { from: FROM });
    expect(await talk.read(pop3Status)).toStartWith("+OK");
    for (const line of ["USER kituser", "PASS kitpass", "QUIT"])
      expect(await talk.ask(line, pop3Status)).toStartWith("+OK");
    await until(
      "Dovecot's word",
      () => /rip=127\.0\.0\.77, /.exec(readFileSync(`${scratch.path}/dovecot.log`, "latin1")) ?? undefined,
    );
  },
);

waiting("proxy_smtp_auth on: the login reaches the server, with --auth pass", needs, async () => {
  await using own = new Scratch();
  const stub = `printf '220 x\\r\\n'; while read -r line; do case $line in
    AUTH*) printf '235 2.7.0 yes\\r\\n' ;;
    EHLO*) printf '250-x\\r\\n250 AUTH PLAIN\\r\\n' ;;
    *) printf '250 2.0.0 fine\\r\\n' ;;
  esac; done`;
  await using standing = await Standing.start(own, {
    options: [...PROXY, "--auth", "pass"],
    server: ["--", "/bin/sh", "-c", stub],
  });
  await using proxy = await nginxMail(
    ...([
      own,
      "smtp",
      standing.port,
      "smtp_auth plain; proxy_protocol on; xclient off; proxy_smtp_auth on;",
    ] as const),
  );
  await using talk = await dial(proxy.port, { from: FROM });
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  expect(await talk.ask("EHLO c.test")).toMatch(/AUTH PLAIN/);
  expect(await talk.ask(`AUTH PLAIN ${btoa("\0u\0secret")}`)).toStartWith("235 ");
  expect(await talk.ask("MAIL FROM:<a@c.test>")).toStartWith("250 ");
  // Whoever has logged in may send anywhere.
  expect(await talk.ask("RCPT TO:<b@elsewhere.test>")).toStartWith("250 ");
  await until("its login", () => /event=login .*user=u/.exec(standing.log) ?? undefined);
});
