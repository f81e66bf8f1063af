// The systemd units that ship: systemd finds nothing wrong with them, they are as confined as they say, and
// what they deny is nothing that wrapper and server do.

import { describe, expect } from "bun:test";
import { chmodSync } from "node:fs";
import { issue, newKey } from "../certificate.ts";
import { dial, pop3Status, smtpReply } from "./parts/conversation.ts";
import { curl } from "./parts/curl.ts";
import { until } from "./parts/deadline.ts";
import { execStart, replaced, type Service, sample, setting, unit, unitSample } from "./parts/deploy.ts";
import { exim } from "./parts/exim.ts";
import { trickyLetter } from "./parts/mail.ts";
import { delivered, Mailbox } from "./parts/mailbox.ts";
import { mailfront } from "./parts/mailfront.ts";
import { built, part, program, root } from "./parts/missing.ts";
import { mpopDelete } from "./parts/mpop.ts";
import { popa3d, popa3dNeeds } from "./parts/popa3d.ts";
import { listening } from "./parts/port.ts";
import { postfix } from "./parts/postfix.ts";
import { ending, run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { ports } from "./parts/serving.ts";
import { front } from "./parts/superserver.ts";
import { callsOf, exposure, type Needed, observed, systemdVersion, verified } from "./parts/systemd.ts";
import { protowrap } from "./parts/wrapper.ts";

const analyze = [program("systemd-analyze")];
const traced = [...analyze, program("systemd-socket-activate"), program("strace"), program("setpriv"), root];
const secureNeeds = [
  ...[built, root, program("openssl"), program("systemd-socket-activate"), program("setpriv")],
  ...[...mailfront.needs, ...curl.needs],
];
const pop3Needs = [built, ...popa3dNeeds, ...mpopDelete.needs];
const services: readonly Service[] = ["smtp", "pop3"];

/** Where nothing but the wrapper's place is another one. */
function units(scratch: Scratch, service: Service): { readonly socket: string; readonly service: string } {
  const socket = `protowrap-${service}.socket`;
  const text = replaced(unit(service), { "/usr/local/sbin/protowrap": protowrap });
  return {
    socket: scratch.file(socket, sample(`systemd/${socket}`)),
    service: scratch.file(`protowrap-${service}@.service`, text),
  };
}

describe("The units for systemd", () => {
  for (const service of services) {
    const servers = [program(service === "smtp" ? "sendmail" : "popa3d")];

    part(`for ${service} leave systemd nothing to say`, [built, ...servers, ...analyze], async () => {
      await using scratch = new Scratch();
      const both = units(scratch, service);
      expect(await verified(scratch, [both.socket, both.service])).toBe("exit 0");
    });

    part(`for ${service} are as exposed as they say themselves`, analyze, async () => {
      await using scratch = new Scratch();
      const score = await exposure(scratch, units(scratch, service).service);
      expect(Number(score)).toBeLessThan(3);
      const said = /"systemd-analyze security": (.*) of 10 \(systemd (\d+)\)\.$/m;
      const [, claimed, version] = said.exec(unit(service)) ?? [];
      // Others ask for more, or weigh otherwise.
      if (version === systemdVersion) expect(claimed).toBe(score);
      else expect(claimed).toMatch(/^\d\.\d$/);
    });
  }

  for (const name of ["protowrap", "protowrap-serve"])
    part(
      `of the listener ${name} leave systemd nothing to say, and are as exposed as they say`,
      [built, ...analyze],
      async () => {
        await using scratch = new Scratch();
        const text = sample(`systemd/${name}.service`);
        const own = replaced(text, { "/usr/local/sbin/protowrap": protowrap });
        const service = scratch.file(`${name}.service`, own.replace("/usr/sbin/sendmail -bs", "/bin/cat"));
        const socket = scratch.file("protowrap.socket", sample("systemd/protowrap.socket"));
        expect(await verified(scratch, [...(name === "protowrap" ? [socket] : []), service])).toBe("exit 0");
        const [, claimed, version] = /security": (.*) of 10 \(systemd (\d+)\)\.$/m.exec(text) ?? [];
        if (version === systemdVersion) expect(await exposure(scratch, service)).toBe(claimed!);
      },
    );

  part("run the file of services that ships, whatever its servers are", [built, root], async () => {
    await using scratch = new Scratch();
    const [smtp, pop3] = await ports(2);
    const text = replaced(sample("protowrap.toml"), {
      '["0.0.0.0:25", "[::]:25"]': `["127.0.0.1:${smtp}"]`,
      '["0.0.0.0:110", "[::]:110"]': `["127.0.0.1:${pop3}"]`,
      '["/usr/sbin/sendmail", "-bs"]': JSON.stringify([protowrap, "sink", "smtp", "--maildir", scratch.path]),
      '["/usr/sbin/popa3d"]': JSON.stringify([
        protowrap,
        "sink",
        "pop3",
        "--any-user",
        "--maildir",
        scratch.path,
      ]),
    });
    const argv = ["serve", "--config", scratch.file("protowrap.toml", text)];
    expect(ending(await run(scratch, [protowrap, "check", ...argv, "--strict"]))).toBe("exit 0");
    const [, ...command] = setting(sample("systemd/protowrap-serve.service"), "ExecStart").split(" ");
    expect(command).toEqual(["serve", "--config", "/etc/protowrap.toml"]);
    const child = Bun.spawn([protowrap, ...argv], {
      env: scratch.env,
      stdio: ["ignore", "ignore", "ignore"],
    });
    await until("both", () => (listening(smtp) && listening(pop3)) || undefined);
    await using mail = await dial(smtp);
    expect(await mail.read(smtpReply)).toStartWith("220 ");
    await using mailbox = await dial(pop3);
    expect(await mailbox.read(pop3Status)).toStartWith("+OK ");
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
  });

  for (const kind of [mailfront, exim, postfix]) {
    const needs = [built, ...kind.needs, ...curl.needs, ...traced];

    part(`for smtp deny nothing that a session with ${kind.name} needs`, needs, async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      const needed = await traceOf(scratch, "smtp", server.behind.argv, async (port) => {
        expect(ending(await curl.send(scratch, port, trickyLetter()))).toBe("exit 0");
      });
      expect(server.stored().length).toBe(1);
      await expectAllowed(scratch, "smtp", needed);
    });

    part(`for smtp leave ${kind.name} the capabilities it needs`, needs, async () => {
      await using scratch = new Scratch();
      const server = kind.start(scratch);
      await using listener = await unitSample("smtp").start(scratch, command("smtp", server.behind.argv));
      expect(ending(await curl.send(scratch, listener.port, trickyLetter()))).toBe("exit 0");
      await listener.sessionsEnd();
      expect(server.stored().length).toBe(1);
    });
  }

  part(
    "for smtp deny nothing that TLS needs, with a key of root's own",
    [...secureNeeds, ...traced],
    async () => {
      await using scratch = new Scratch();
      const { options, send } = securely(scratch);
      const server = mailfront.start(scratch);
      const needed = await traceOf(scratch, "smtp", server.behind.argv, send, options);
      expect(server.stored().length).toBe(1);
      await expectAllowed(scratch, "smtp", needed);
    },
  );

  part("for smtp leave TLS the capabilities it needs, with a key of root's own", secureNeeds, async () => {
    await using scratch = new Scratch();
    const { options, send } = securely(scratch);
    const server = mailfront.start(scratch);
    const argv = command("smtp", server.behind.argv, options);
    await using listener = await unitSample("smtp").start(scratch, argv);
    await send(listener.port);
    await listener.sessionsEnd();
    expect(server.stored().length).toBe(1);
  });

  part("for pop3 deny nothing that a session with popa3d needs", [...pop3Needs, ...traced], async () => {
    await using scratch = new Scratch();
    await using mailbox = await Mailbox.with([delivered(trickyLetter())]);
    const needed = await traceOf(scratch, "pop3", popa3d(scratch).argv, async (port) => {
      expect((await mpopDelete.fetch(scratch, port, 1)).length).toBe(1);
    });
    expect(mailbox.octets()).toBe("");
    expect(needed.written).toContain("/var/mail/kituser");
    await expectAllowed(scratch, "pop3", needed);
  });

  part("for pop3 leave popa3d the capabilities it needs", [...pop3Needs, ...traced], async () => {
    await using scratch = new Scratch();
    await using mailbox = await Mailbox.with([delivered(trickyLetter())]);
    await using listener = await unitSample("pop3").start(scratch, command("pop3", popa3d(scratch).argv));
    expect((await mpopDelete.fetch(scratch, listener.port, 1)).length).toBe(1);
    await listener.sessionsEnd();
    expect(mailbox.octets()).toBe("");
  });
});

const NAME = "mx.kit.test";

/** A certificate, and a client that sends a letter in TLS or not at all. */
function securely(scratch: Scratch): { options: string[]; send: (port: number) => Promise<void> } {
  const key = newKey();
  const certificate = scratch.file("certificate.pem", issue(key, [NAME]));
  const secret = scratch.file("key.pem", key);
  chmodSync(secret, 0o600);
  const letter = scratch.file("letter.eml", trickyLetter().octets);
  return {
    options: ["--tls", "optional", "--tls-cert", certificate, "--tls-key", secret],
    async send(port) {
      const url = ["--url", `smtp://${NAME}:${port}/client.test`, "--resolve", `${NAME}:${port}:127.0.0.1`];
      const { sender, recipients } = trickyLetter();
      const envelope = ["--mail-from", sender, ...recipients.flatMap((to) => ["--mail-rcpt", to])];
      const tls = ["--ssl-reqd", "--cacert", certificate];
      const argv = ["curl", "-sS", "--max-time", "15", ...tls, ...url, ...envelope, "--upload-file", letter];
      expect(ending(await run(scratch, argv))).toBe("exit 0");
    },
  };
}

/** To be put into the unit's place of it. Standard error is the journal's in the unit, and so the log. */
function command(service: Service, server: readonly string[], options: readonly string[] = []): string[] {
  return [protowrap, service, "--log", "stderr", ...options, "--", ...server];
}

async function traceOf(
  scratch: Scratch,
  service: Service,
  server: readonly string[],
  client: (port: number) => Promise<void>,
  options: readonly string[] = [],
): Promise<Needed> {
  const watched = observed(scratch, execStart(command(service, server, options), service));
  const activate = ["systemd-socket-activate", "--accept", "--inetd", "-l"];
  await using listener = await front(scratch, (port) => [...activate, `127.0.0.1:${port}`, ...watched.argv]);
  await client(listener.port);
  await listener.sessionsEnd();
  return watched.needed();
}

async function expectAllowed(scratch: Scratch, service: Service, needed: Needed): Promise<void> {
  const words = (name: string) => setting(unit(service), name).split(" ");
  const calls = await callsOf(scratch, words("SystemCallFilter"));
  expect(calls.size).toBeGreaterThan(100);
  expect(needed.calls.filter((call) => !calls.has(call))).toEqual([]);
  expect(needed.calls.length).toBeGreaterThan(50);
  expect(needed.families.filter((family) => !words("RestrictAddressFamilies").includes(family))).toEqual([]);
  const writable = [...words("ReadWritePaths").map((path) => path.replace(/^-/, "")), "/dev", scratch.path];
  const inside = (path: string) => writable.some((directory) => path.startsWith(`${directory}/`));
  expect(needed.written.filter((path) => path.startsWith("/") && !inside(path))).toEqual([]);
}
