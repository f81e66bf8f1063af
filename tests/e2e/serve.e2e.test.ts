// Several services under one supervisor: what each has of its own, what keeps them from beginning, and which sockets
// they get.

import { describe, expect } from "bun:test";
import { pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, mounts, part, program, root } from "./parts/missing.ts";
import { notified, ServiceManager } from "./parts/notify.ts";
import { listening } from "./parts/port.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { at, envelope, fileOf, mail, pop, ports, Serving } from "./parts/serving.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built];

describe("A file of services", () => {
  part(
    "has each served by its own protocol, rules and limits, and the log tells whose a line is",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [mx, sub, old] = await ports(3);
      await using serving = await Serving.start(scratch, {
        mx: mail(scratch, mx, { "max-connections": 1, hostname: "mx.test" }),
        submission: mail(scratch, sub, { "relay-domain": ["other.test"], hostname: "sub.test" }),
        pop: pop(old),
      });
      await using first = await serving.dial(mx);
      expect(await first.read(smtpReply)).toStartWith("220 mx.test ");
      expect(await envelope(first, "kit.test")).toStartWith("250");
      await using second = await serving.dial(mx);
      expect(await second.read(smtpReply)).toStartWith("421 4.3.2 mx.test");
      await using third = await serving.dial(sub);
      expect(await third.read(smtpReply)).toStartWith("220 sub.test ");
      expect(await envelope(third, "kit.test")).toStartWith("550");
      await using fourth = await serving.dial(old);
      expect(await fourth.read(pop3Status)).toStartWith("+OK ");
      await until(
        "the lines",
        () => /protocol=pop3 service=pop event=connect/.test(serving.log) || undefined,
      );
      expect(serving.log).toMatch(
        /session=\S+ client=\S+ protocol=smtp service=submission event=refused rule=relay/,
      );
      expect(serving.log).toMatch(/service=mx event=refused-connection reason=total/);
      serving.kill("SIGTERM");
      expect(await first.end()).toMatch(/^421 4\.3\.2 mx\.test/);
      expect(await third.end()).toMatch(/^421 4\.3\.2 sub\.test/);
      expect(await serving.exit()).toBe(0);
      expect(serving.log).toMatch(/: event=shutdown reason=signal clients=3\n/);
    },
  );

  part(
    "has servers of each run as its own user, with that user's groups",
    [...needs, root, mounts],
    async () => {
      await using scratch = new Scratch();
      const names = ["root:x:0:", "daemon:x:1:", "mail:x:8:", "nogroup:x:65534:"];
      const more = ["one:x:1001:daemon", "two:x:1002:mail,daemon", "three:x:1003:mail"];
      const groups = scratch.file("group", `${[...names, ...more].join("\n")}\n`);
      const by = ["unshare", "-m", "/bin/sh", "-c", `mount --bind ${groups} /etc/group && exec "$@"`, "sh"];
      const [one, two] = await ports(2);
      const runsAs = (port: number, name: string) => ({
        ...{ protocol: "line", listen: at(port), "server-user": name },
        server: ["/bin/sh", "-c", "id -u; id -G; read line"],
      });
      await using serving = await Serving.start(
        scratch,
        { one: runsAs(one, "daemon"), two: runsAs(two, "mail") },
        { by },
      );
      for (let time = 0; time < 3; time++)
        for (const [port, said] of [
          [one, /^1\r?\n1 1001 1002\r?\n/],
          [two, /^8\r?\n8 1002 1003\r?\n/],
        ] as const) {
          await using talk = await serving.dial(port);
          expect(await talk.read(/^\d+\r?\n[\d ]+\r?\n/)).toMatch(said);
        }
    },
  );

  const MISTAKES: Readonly<Record<string, readonly [text: string, told: RegExp]>> = {
    "without services": [`user = "nobody"\n`, /expected services, each as \[service\.NAME\], got none/],
    "with a service that has no protocol": [
      "[service.mx]\n",
      /:1: \[service\.mx\]: expected protocol, got none/,
    ],
    "with one of an unknown protocol": [
      `[service.mx]\nprotocol = "smpt"\n`,
      /:1: \[service\.mx\]: expected protocol = .*smtp or the absolute path of a module, got "smpt"/,
    ],
    "with one that listens nowhere": [
      fileOf({ mx: { protocol: "smtp", server: ["/bin/cat"] } }),
      /\[service\.mx\]: expected listen, or a socket of that name passed in, got neither/,
    ],
    "with one that has another protocol's option": [
      fileOf({ pop: { ...pop(1110), "relay-domain": ["a.test"] } }),
      /: relay-domain: this option is for smtp only/,
    ],
    "with two that want one address": [
      fileOf({ one: pop(1110), two: pop(1110) }),
      /\[service\.two\]: expected an address of its own, got 127\.0\.0\.1:1110, which one has/,
    ],
  };
  for (const [what, [text, told]] of Object.entries(MISTAKES))
    part(`${what} is an error that names it, and nothing begins`, needs, async () => {
      await using scratch = new Scratch();
      const path = scratch.file("protowrap.toml", text);
      const outcome = await run(scratch, [protowrap, "serve", "--config", path]);
      expect(outcome.code).toBe(64);
      expect(outcome.stderr.toString()).toMatch(told);
      expect(outcome.stderr.toString()).toContain(`protowrap: ${path}`);
    });

  part(
    "with an address that somebody has is a system error, and none of the others is opened",
    needs,
    async () => {
      await using scratch = new Scratch();
      const [one, two] = await ports(2);
      using _ = Bun.listen({ hostname: "127.0.0.1", port: two, socket: { data() {} } });
      await using serving = Serving.launch(scratch, { one: pop(one), two: pop(two) });
      expect(await serving.exit()).toBe(71);
      expect(serving.stderr).toContain(
        `[service.two]: 127.0.0.1:${two} cannot be listened on: somebody listens there`,
      );
      expect(listening(one)).toBe(false);
    },
  );
});

describe("Sockets that systemd passes", () => {
  const activated = [...needs, program("systemd-socket-activate")];
  const by = (passed: readonly number[], names: string) => [
    "systemd-socket-activate",
    ...passed.flatMap((port) => ["-l", `127.0.0.1:${port}`]),
    `--fdname=${names}`,
  ];

  part("are each for the service of that name, or of that address", activated, async () => {
    await using scratch = new Scratch();
    const [first, second, third] = await ports(3);
    const named = { protocol: "smtp", server: mail(scratch, 0).server!, "relay-domain": ["kit.test"] };
    const services = { mx: { ...named, hostname: "mx.test" }, sub: { ...named, hostname: "sub.test" } };
    const plain = mail(scratch, third, { hostname: "plain.test" });
    await using serving = Serving.launch(
      scratch,
      { ...services, plain },
      { by: by([first, second, third], "sub:mx:anything") },
    );
    await until("systemd", () => listening(third) || undefined, 10_000);
    for (const [port, name] of [
      [first, "sub.test"],
      [second, "mx.test"],
      [third, "plain.test"],
    ] as const) {
      await using talk = await serving.dial(port);
      expect(await talk.read(smtpReply)).toStartWith(`220 ${name} `);
    }
    // Whoever passed it keeps it, and clients of it wait for nobody.
    serving.write({ mx: { ...named, hostname: "mx.test" }, plain });
    expect(await serving.reload()).toContain(
      `nobody is served any more at 127.0.0.1:${first}, named \\"sub\\"`,
    );
  });

  part("and no service wants are an error that names them", activated, async () => {
    await using scratch = new Scratch();
    const [first, own] = await ports(2);
    await using serving = Serving.launch(scratch, { pop: pop(own) }, { by: by([first], "pop3") });
    await until("systemd", () => listening(first) || undefined, 10_000);
    await using _ = await serving.dial(first);
    expect(await serving.exit()).toBe(64);
    expect(serving.stderr).toContain(
      `a service for each socket that is passed in, got 127.0.0.1:${first}, named "pop3"`,
    );
  });

  part("lose no connect when the program is started again", [...activated, ...notified], async () => {
    await using scratch = new Scratch();
    const name = `${scratch.path}/notify`;
    await using manager = await ServiceManager.stand(name);
    const [port] = await ports(1);
    const again = `for time in 1 2 3; do sh -c 'LISTEN_PID=$$ exec "$@"' sh "$@"; done; sleep 60`;
    const keeper = [...by([port], "pop"), "-E", `NOTIFY_SOCKET=${name}`, "/bin/sh", "-c", again, "sh"];
    const server = ["/bin/sh", "-c", "printf '+OK x\\r\\n'; read line"];
    await using serving = Serving.launch(scratch, { pop: { protocol: "pop3", server } }, { by: keeper });
    await until("systemd", () => listening(port) || undefined, 10_000);
    const heard = { served: 0, told: 0 };
    let isOver = false;
    const come = async () => {
      await using talk = await serving.dial(port);
      const line = await talk.read(pop3Status);
      if (line.startsWith("+OK ")) heard.served++;
      else if (line.startsWith("-ERR [SYS/TEMP]")) heard.told++;
      else throw new Error(line);
    };
    const visitors = Array.from({ length: 4 }, async () => {
      while (!isOver) await come();
    });
    for (let time = 1; time < 3; time++) {
      await until(
        "ready",
        () => manager.told.filter((one) => one === "READY=1").length === time || undefined,
        15_000,
      );
      await Bun.sleep(500);
      const pid = Number(
        /event=listening/.test(serving.log) && [...serving.log.matchAll(/\[(\d+)\]: /g)].at(-1)![1],
      );
      process.kill(pid, "SIGTERM");
      await until(
        "its end",
        () => manager.told.filter((one) => one === "STOPPING=1").length === time || undefined,
        15_000,
      );
    }
    await until(
      "ready",
      () => manager.told.filter((one) => one === "READY=1").length === 3 || undefined,
      15_000,
    );
    await Bun.sleep(500);
    isOver = true;
    await Promise.all(visitors); // none was reset, or waited in vain
    expect(heard.served).toBeGreaterThan(50);
    expect(manager.told.filter((one) => one.startsWith("STATUS=")).at(-1)).toMatch(
      /^STATUS=\d+ sessions?, generation 1$/,
    );
  });
});
