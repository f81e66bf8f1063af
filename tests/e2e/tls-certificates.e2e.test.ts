// Certificates: which one a client is shown, what becomes of files that are wrong in each mode and situation, and of
// those that change while a listener stands.

import { describe, expect } from "bun:test";
import { renameSync, statSync, symlinkSync } from "node:fs";
import { makeCertificate } from "../certificate.ts";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { part, root, waiting } from "./parts/missing.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { Standing } from "./parts/standing.ts";
import { userOf } from "./parts/supervised.ts";
import {
  certificateOf,
  type FrontPlan,
  SITUATIONS,
  serverOf,
  TlsFront,
  tlsNeeds,
  type Visit,
} from "./parts/tlsfront.ts";
import { nobody, protowrap } from "./parts/wrapper.ts";

const SMTP: Pick<FrontPlan, "protocol" | "mode"> = { protocol: "smtp", mode: "optional" };

async function asked(visit: Visit): Promise<Visit> {
  await visit.client.talk.read(smtpReply);
  expect(await visit.client.talk.ask("STARTTLS")).toStartWith("220 ");
  return visit;
}

/** Milliseconds until workers have what the supervisor has told of. */
const TOLD = 200;

const filesOf = (scratch: Scratch) => scratch.directory("certificates");

for (const situation of SITUATIONS)
  describe(`A client, ${situation}`, () => {
    part("is shown the certificate of the name it asks for, and else the first", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const made = [
        makeCertificate(filesOf(scratch), "first", { common: "first", names: "DNS:first.test" }),
        makeCertificate(filesOf(scratch), "second", {
          common: "second",
          names: "DNS:second.test,DNS:*.wild.test",
        }),
        makeCertificate(filesOf(scratch), "third", {
          common: "third",
          names: "DNS:exact.wild.test",
          kind: "rsa",
        }),
      ];
      const certificates = made.flatMap(({ certificate, key }) => [
        "--tls-cert",
        certificate,
        "--tls-key",
        key,
      ]);
      await using front = await TlsFront.stand(situation, scratch, { ...SMTP, certificates });
      for (const [sni, shown] of [
        [undefined, "first"],
        ["first.test", "first"],
        ["second.test", "second"],
        ["SECOND.test", "second"],
        ["a.wild.test", "second"],
        ["exact.wild.test", "third"],
        ["a.b.wild.test", "first"],
        ["wild.test", "first"],
        ["unknown.test", "first"],
      ] as const) {
        await using visit = await asked(await front.come());
        const { certificate } = await visit.client.secure(sni === undefined ? {} : { sni });
        expect([sni, certificate]).toEqual([sni, shown]);
        expect(await visit.client.talk.ask("NOOP")).toStartWith("250 ");
        await until("the log", () => (visit.log().includes("event=tls ") ? true : undefined));
        if (sni !== undefined) expect(visit.log()).toContain(` sni=${sni.toLowerCase()}\n`);
      }
    });

    part("is shown one of RSA, and one whose key stands in its file", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const { text } = makeCertificate(filesOf(scratch), "rsa", { kind: "rsa", common: "rsa.test" });
      const file = scratch.file("both.pem", text.key + text.certificate);
      await using front = await TlsFront.stand(situation, scratch, {
        ...SMTP,
        certificates: ["--tls-cert", file],
      });
      await using visit = await asked(await front.come());
      const { certificate } = await visit.client.secure({ most: "TLSv1_2" });
      expect(certificate).toBe("rsa.test");
    });

    part("is shown one that has expired, of which the log tells at level 0", tlsNeeds, async () => {
      await using scratch = new Scratch();
      const { certificate, key } = makeCertificate(filesOf(scratch), "old", { common: "old.test", days: -3 });
      for (const mode of ["optional", "required", "implicit"]) {
        const plan = { ...SMTP, mode, certificates: ["--tls-cert", certificate, "--tls-key", key] };
        await using front = await TlsFront.stand(situation, scratch, {
          ...plan,
        });
        await using visit = await front.come();
        if (mode !== "implicit") await asked(visit);
        expect((await visit.client.secure()).certificate).toBe("old.test");
        const log = () => (front.standing === null ? visit.log() : front.standing.log);
        await until("the log", () => (log().includes("state=expired") ? true : undefined));
        expect(log()).toMatch(/event=certificate state=expired cert=old\.test until=\S+ days=-4\n/);
      }
    });

    part("is shown one whose key is root's alone", [...tlsNeeds, root], async () => {
      await using scratch = new Scratch();
      await using secrets = new Scratch();
      const { certificate, key } = makeCertificate(secrets.path, "mx", { common: "mx.test" });
      const certificates = ["--tls-cert", certificate, "--tls-key", key];
      for (const mode of ["optional", "implicit"]) {
        await using front = await TlsFront.stand(situation, scratch, { ...SMTP, mode, certificates });
        await using visit = await front.come();
        if (mode !== "implicit") await asked(visit);
        expect((await visit.client.secure()).certificate).toBe("mx.test");
        expect(userOf(visit.pid)).toBe(nobody);
        expect([statSync(key).uid, statSync(key).mode & 0o777]).toEqual([0, 0o600]);
      }
    });
  });

describe("A file that is wrong", () => {
  const WRONG = {
    broken: (scratch: Scratch) => ["--tls-cert", scratch.file("broken.pem", "nonsense")],
    missing: (scratch: Scratch) => ["--tls-cert", `${scratch.path}/missing.pem`],
    mismatch: (scratch: Scratch) => {
      const [, certificate] = certificateOf(scratch, "a", "a.test");
      const [, , , key] = certificateOf(scratch, "b", "b.test");
      return ["--tls-cert", certificate!, "--tls-key", key!];
    },
  } as const;

  for (const [what, make] of Object.entries(WRONG)) {
    for (const mode of ["required", "implicit"])
      part(
        `${what}, ${mode}: a process for one client says 421 in the clear, and leaves with 64`,
        tlsNeeds,
        async () => {
          await using scratch = new Scratch();
          await using front = await TlsFront.stand("inetd's socket", scratch, {
            ...SMTP,
            mode,
            certificates: make(scratch),
          });
          await using visit = await front.come();
          expect(await visit.client.talk.end()).toMatch(/^421 4\.3\.0 [^\r\n]*\r\n$/);
          expect(await visit.exit!()).toBe(64);
          expect(front.started).toBe(0);
          expect(visit.log()).toMatch(/event=(?:fault|certificate) .*--tls-cert/);
        },
      );

    waiting(
      `${what}, optional: a process for one client serves, and does not offer TLS`,
      tlsNeeds,
      async () => {
        await using scratch = new Scratch();
        await using front = await TlsFront.stand("inetd's socket", scratch, {
          ...SMTP,
          options: ["--auth", "pass"],
          certificates: make(scratch),
        });
        await using visit = await front.come();
        const { talk } = visit.client;
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        const offered = await talk.ask("EHLO c.test");
        expect(offered).not.toContain("STARTTLS");
        // Nor does it open logins in the clear.
        expect(offered).not.toContain("AUTH");
        expect(await talk.ask("AUTH PLAIN AHUAc2VjcmV0")).toStartWith("504 ");
        expect(await talk.ask("STARTTLS")).toStartWith("502 ");
        expect(await talk.ask("MAIL FROM:<a@c.test>")).toStartWith("250 ");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        await visit.end();
        expect(visit.log()).toMatch(/event=certificate state=(?:broken|mismatch) cert=\S+ error=/);
      },
    );

    for (const mode of ["optional", "required", "implicit"])
      part(`${what}, ${mode}: a listener does not begin, and says why`, tlsNeeds, async () => {
        await using scratch = new Scratch();
        const options = ["--tls", mode, ...make(scratch)];
        const server = ["--", ...serverOf(scratch, "smtp")];
        await using standing = await Standing.launch(scratch, { options, server });
        expect(await standing.exit()).toBe(64);
        expect(standing.log).toMatch(/event=fault .*--tls-cert/);
      });
  }
});

describe("Nobody speaks TLS", () => {
  part("through pipes: it is refused at the start, in plain words", tlsNeeds, async () => {
    await using scratch = new Scratch();
    for (const mode of ["optional", "required", "implicit"]) {
      const options = ["--user", "nobody", "--log", "none", "--tls", mode, ...certificateOf(scratch)];
      const server = ["--", ...serverOf(scratch, "smtp")];
      const { code, stderr, stdout } = await run(scratch, [protowrap, "smtp", ...options, ...server], {
        input: Buffer.from("QUIT\r\n"),
      });
      expect(code).toBe(64);
      expect(stderr).toContain("--tls: expected a client on a socket, got one on pipes");
      expect(stdout.toString()).toMatch(/^421 /);
    }
  });
});

describe("A listener's certificate", () => {
  /** As certbot has it. */
  function link(scratch: Scratch, name: string, target: string): string {
    const path = `${scratch.path}/${name}`;
    symlinkSync(target, `${path}.new`);
    renameSync(`${path}.new`, path);
    return path;
  }

  async function shown(front: TlsFront): Promise<string> {
    await using visit = await asked(await front.come());
    return (await visit.client.secure()).certificate;
  }

  waiting(
    "is renewed and broken while sessions go on, for whoever begins to speak TLS",
    tlsNeeds,
    async () => {
      await using scratch = new Scratch();
      const old = makeCertificate(filesOf(scratch), "old", { common: "old.test" });
      const fresh = makeCertificate(filesOf(scratch), "fresh", { common: "new.test" });
      const cert = link(scratch, "cert.pem", old.certificate);
      const key = link(scratch, "key.pem", old.key);
      const plan = {
        ...SMTP,
        certificates: ["--tls-cert", cert, "--tls-key", key],
        options: ["--workers", "2"],
      };
      await using front = await TlsFront.stand("--listen", scratch, plan);
      const standing = front.standing!;
      await using before = await asked(await front.come());
      expect((await before.client.secure()).certificate).toBe("old.test");
      await using waiting = await asked(await front.come());

      link(scratch, "key.pem", fresh.key);
      link(scratch, "cert.pem", fresh.certificate);
      await until(
        "the new one",
        () => (/state=loaded cert=new\.test/.test(standing.log) ? true : undefined),
        12_000,
      );
      await Bun.sleep(TOLD);
      for (let round = 0; round < 4; round++) expect(await shown(front)).toBe("new.test");
      expect(await before.client.talk.ask("NOOP")).toStartWith("250 ");
      // Asked for before, and begun after.
      expect((await waiting.client.secure()).certificate).toBe("new.test");

      link(scratch, "cert.pem", scratch.file("nonsense.pem", "nonsense"));
      await until("word of it", () => (/state=kept-old/.test(standing.log) ? true : undefined), 12_000);
      expect(await shown(front)).toBe("new.test");
      link(scratch, "cert.pem", old.certificate);
      link(scratch, "key.pem", old.key);
      const isBack = () => standing.log.match(/state=loaded cert=old\.test/g)!.length === 2 || undefined;
      await until("the old one", isBack, 12_000);
      await Bun.sleep(TOLD);
      expect(await shown(front)).toBe("old.test");
      expect(await before.client.talk.ask("NOOP")).toStartWith("250 ");
      expect(standing.log.match(/state=kept-old/g)!.length).toBe(1);
    },
    60_000,
  );

  waiting("is that of a worker that takes another's place, too", tlsNeeds, async () => {
    await using scratch = new Scratch();
    const old = makeCertificate(filesOf(scratch), "old", { common: "old.test" });
    const fresh = makeCertificate(filesOf(scratch), "fresh", { common: "new.test" });
    const cert = link(scratch, "cert.pem", old.certificate);
    const key = link(scratch, "key.pem", old.key);
    const plan = {
      ...SMTP,
      certificates: ["--tls-cert", cert, "--tls-key", key],
      options: ["--workers", "1"],
    };
    await using front = await TlsFront.stand("--listen", scratch, plan);
    const standing = front.standing!;
    link(scratch, "key.pem", fresh.key);
    link(scratch, "cert.pem", fresh.certificate);
    await until(
      "the new one",
      () => (/state=loaded cert=new\.test/.test(standing.log) ? true : undefined),
      12_000,
    );
    const [worker] = standing.workers;
    process.kill(worker!, "SIGKILL");
    await until("another worker", () => (standing.log.match(/state=ready/g)!.length > 1 ? true : undefined));
    expect(await shown(front)).toBe("new.test");
  });
});

describe("Many clients at once", () => {
  for (const [count, mode] of [
    [2, "optional"],
    [200, "optional"],
    [200, "implicit"],
  ] as const)
    part(
      `${count} of them, ${mode}, each have their own`,
      tlsNeeds,
      async () => {
        await using scratch = new Scratch();
        await using front = await TlsFront.stand("--listen", scratch, {
          ...{ protocol: "smtp", mode, options: ["--max-connections", "0"] },
          server: [
            "/bin/sh",
            "-c",
            "printf '220 x\\r\\n'; while read -r line; do printf '250 ok\\r\\n'; done",
            scratch.path,
          ],
        });
        // One process for all of them: Python would need as many.
        const script = `
import smtplib, ssl, sys, threading
port, count, implicit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "implicit"
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
ready = threading.Barrier(count)
done = []
def one(number):
    server = smtplib.SMTP_SSL("127.0.0.1", port, "c.test", timeout=50, context=context) if implicit else smtplib.SMTP("127.0.0.1", port, "c.test", timeout=50)
    if not implicit: server.starttls(context=context)
    ready.wait(50)
    for round in range(5):
        server.docmd("RSET")
        code, text = server.docmd("HELO", "c%d.test" % number)
        assert code == 250, (code, text)
    server.quit()
    done.append(number)
threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(len(done) != count)
`;
        const { code, stderr } = await run(
          scratch,
          ["python3", "-I", "-c", script, `${front.standing!.port}`, `${count}`, mode],
          { ms: 60_000 },
        );
        expect(stderr).toBe("");
        expect(code).toBe(0);
        const { log } = front.standing!;
        await until("all ends", () =>
          front.standing!.log.match(/event=end reason=quit/g)?.length === count ? true : undefined,
        );
        expect(log).not.toMatch(/event=(?:fault|tls-failed)/);
      },
      90_000,
    );
});
