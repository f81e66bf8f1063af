// Descriptor 2 is the client's socket: everything fails that can fail, and the wire carries protocol only.

import { describe, expect } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dial } from "./parts/conversation.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { built, mounts, type Need, part, root } from "./parts/missing.ts";
import { onClient } from "./parts/onsocket.ts";
import { ending, run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";
import { xinetdServer } from "./parts/xinetd.ts";

const UNAVAILABLE = /^421 4\.3\.0 [^\r\n]*\r\n$/;
const user = root.there ? ["--user", "nobody"] : [];
const quiet = [...user, "--log", "none"];
/** What runs in front of the runtime is made for it only. */
const x86: Need = { name: "x86-64", there: process.arch === "x64" };

interface Failure {
  readonly what: string;
  /** What follows the name of the program. */
  readonly argv: (scratch: Scratch) => readonly string[];
  /** All the client may read. */
  readonly reads: RegExp;
  readonly code: number;
  /** What the client sends as soon as it is connected. */
  readonly sends?: string;
}

const behind = (...server: string[]) => ["--", ...server];
const shell = (script: string) => behind("/bin/sh", "-c", script);

const FAILURES: readonly Failure[] = [
  {
    what: "an option nobody knows",
    argv: () => ["smtp", ...quiet, "--no-such-option", ...behind("/bin/cat")],
    ...{ reads: UNAVAILABLE, code: 64 },
  },
  {
    what: "a protocol nobody knows",
    argv: () => ["no-such-protocol", ...quiet, ...behind("/bin/cat")],
    ...{ reads: /^$/, code: 64 },
  },
  {
    what: "a value of the wrong kind, and a client that talks at once",
    argv: () => ["smtp", ...quiet, "--max-errors", "seven", ...behind("/bin/cat")],
    ...{ reads: UNAVAILABLE, code: 64, sends: "EHLO client.test\r\n" },
  },
  {
    what: "a configuration file that is not there",
    argv: (scratch) => ["smtp", ...quiet, "--config", `${scratch.path}/none.toml`, ...behind("/bin/cat")],
    ...{ reads: UNAVAILABLE, code: 64 },
  },
  {
    what: "a log file that cannot be opened",
    argv: (scratch) => ["smtp", ...user, "--log", `file:${scratch.path}/no/log`, ...behind("/bin/cat")],
    ...{ reads: UNAVAILABLE, code: 64 },
  },
  {
    what: "a server that is not there",
    argv: (scratch) => ["smtp", ...quiet, ...behind(`${scratch.path}/none`)],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that may not be run",
    argv: (scratch) => ["smtp", ...quiet, ...behind(scratch.file("plain", "text"))],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that is no program",
    argv: (scratch) => ["smtp", ...quiet, ...behind(program(scratch, "nonsense", "\x7fELF"))],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a directory for a server",
    argv: (scratch) => ["smtp", ...quiet, ...behind(scratch.directory("server"))],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that cannot be seen",
    argv: (scratch) => {
      mkdirSync(`${scratch.path}/closed`);
      chmodSync(`${scratch.path}/closed`, 0o700);
      return ["smtp", ...quiet, ...behind(program(scratch, "closed/server", "#!/bin/sh\n"))];
    },
    // Who is not root owns the directory, and runs a server that says nothing.
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that crashes with words, before it greets",
    argv: () => ["smtp", ...quiet, ...shell("echo panic >&2; kill -SEGV $$")],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that floods its standard error, and dies",
    argv: () => [
      "smtp",
      ...quiet,
      ...shell("head -c 3000000 /dev/zero >&2; yes oops | head -100000 >&2; exit 1"),
    ],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
  {
    what: "a server that crashes with words, in the middle",
    argv: () => ["smtp", ...quiet, ...shell("printf '220 x\\r\\n'; read l; echo panic >&2; kill -ABRT $$")],
    ...{ reads: /^220 [^\r\n]*\r\n421 4\.3\.0 [^\r\n]*\r\n$/, code: 0, sends: "EHLO client.test\r\n" },
  },
  {
    what: "a warning of the runtime",
    argv: (scratch) => [
      module(scratch, "process.emitWarning('w'); new Buffer(1); console.error('e'); console.warn('w')"),
      ...quiet,
      ...shell("printf 'hello\\r\\n'"),
    ],
    ...{ reads: /^hi\r\n$/, code: 0 },
  },
  {
    what: "a protocol that cannot be loaded",
    argv: (scratch) => [scratch.file("broken.js", "export default {"), ...quiet, ...behind("/bin/cat")],
    ...{ reads: /^$/, code: 64 },
  },
  {
    what: "a protocol that throws at the server's greeting",
    argv: (scratch) => [
      module(scratch, "throw new Error('thrown')"),
      ...quiet,
      ...shell("printf 'hello\\r\\n'; read l"),
    ],
    ...{ reads: /^gone\r\n$/, code: 70 },
  },
  {
    what: "a protocol that throws at a client's line",
    argv: (scratch) => [
      module(scratch, "", "throw null"),
      ...quiet,
      ...shell("printf 'hello\\r\\n'; read l"),
    ],
    ...{ reads: /^hi\r\ngone\r\n$/, code: 70, sends: "line\r\nanother\r\n" },
  },
  {
    what: "a protocol that throws later, where nobody catches it",
    argv: (scratch) => [
      module(scratch, "setTimeout(() => { throw new Error('late') }, 50)"),
      ...quiet,
      ...shell("printf 'hello\\r\\n'; read l"),
    ],
    ...{ reads: /^hi\r\ngone\r\n$/, code: 70 },
  },
  {
    what: "a protocol that breaks a promise",
    argv: (scratch) => [
      module(scratch, "Promise.reject(new Error('broken'))"),
      ...quiet,
      ...shell("printf 'hello\\r\\n'; read l"),
    ],
    ...{ reads: /^(?:hi\r\n)?gone\r\n$/, code: 70 },
  },
  {
    what: "a protocol that throws in a body for the client",
    argv: (scratch) => [
      module(
        scratch,
        "return { client: 'hi\\r\\n', next: kit.download({ ended: false, fault: null, scan() { throw new Error('in') } }) }",
      ),
      ...quiet,
      ...shell("printf 'hello\\r\\nbody\\r\\n'; read l"),
    ],
    // Nothing of ours may be taken for the body's text.
    ...{ reads: /^hi\r\n$/, code: 70 },
  },
  {
    what: "a server that outlives its client's patience",
    argv: () => ["smtp", ...quiet, "--server-timeout", "1", ...shell("sleep 60")],
    ...{ reads: UNAVAILABLE, code: 69 },
  },
];

describe("Nothing but protocol is on the wire, nobody stays, and the exit code is right, after", () => {
  for (const { what, argv, reads, code, sends } of FAILURES)
    part(what, [built], async () => {
      await using scratch = new Scratch();
      await using wrapper = await onClient([protowrap, ...argv(scratch)], "inetd");
      if (sends !== undefined) await wrapper.talk.send(sends);
      await wrapper.talk.end();
      expect(await wrapper.end()).toBe(code);
      expect(wrapper.talk.received).toMatch(reads);
      await scratch.quiet();
    });

  // The same as these super-servers really hand the socket over.
  for (const { name, needs, start } of [
    { name: "openbsd-inetd", needs: inetdNeeds, start: inetd },
    xinetdServer,
  ])
    for (const { what, argv, reads, sends } of FAILURES)
      part(`${what}, under ${name}`, [built, ...needs], async () => {
        await using scratch = new Scratch();
        await using front = await start(scratch, [protowrap, ...argv(scratch)]);
        await using talk = await dial(front.port);
        if (sends !== undefined) await talk.send(sends);
        await talk.end();
        expect(talk.received).toMatch(reads);
        await front.sessionsEnd();
      });

  part("no --user, as root", [built, root], async () => {
    await using wrapper = await onClient([protowrap, "smtp", "--log", "none", "--", "/bin/cat"], "inetd");
    await wrapper.talk.end();
    expect(await wrapper.end()).toBe(77);
    expect(wrapper.talk.received).toMatch(UNAVAILABLE);
  });

  part("a message of which the server has half", [built], async () => {
    await using scratch = new Scratch();
    // Delivers what it has when its input ends, whatever is missing; dies when it is told to.
    const server = `printf 'hello\\r\\n'; cat >'${scratch.path}/got'; mv '${scratch.path}/got' '${scratch.path}/new'`;
    if (root.there) chmodSync(scratch.path, 0o777);
    const upload =
      "{ next: kit.upload({ fault: null, ended: false, scan(chunk, at, emit) { emit(chunk.subarray(at)); setTimeout(() => { throw new Error('late') }, 200); return chunk.length } }) }";
    const argv = [module(scratch, `return { client: 'hi\\r\\n', ...${upload} }`), ...quiet, ...shell(server)];
    await using wrapper = await onClient([protowrap, ...argv], "inetd");
    await wrapper.talk.send("half a message\r\n");
    expect(await wrapper.talk.end()).toBe("hi\r\ngone\r\n");
    expect(await wrapper.end()).toBe(70);
    await scratch.quiet();
    const names = readdirSync(scratch.path);
    expect(names).toContain("got");
    expect(names).not.toContain("new");
  });
});

/** Where the runtime cannot call the C library. */
const CRIPPLED: Readonly<Record<string, readonly string[]>> = {
  "no compiler": ["env", "BUN_JSC_useJIT=0"],
  // Nobody sets that; it is the one way to have the runtime speak before it has read a line of ours.
  "1.5 GB, and a runtime that talks": ["env", "BUN_JSC_dumpOptions=1", "prlimit", "--as=1500000000"],
  ...Object.fromEntries(
    [0.5, 1, 1.5, 2].map((gb) => [`${gb} GB of address space`, ["prlimit", `--as=${gb * 1e9}`]]),
  ),
};

describe("A runtime that cannot work answers for the server, and says nothing else, with", () => {
  for (const [what, crippled] of Object.entries(CRIPPLED)) {
    const greets = shell("printf '220 x\\r\\n'; read l");
    for (const [protocol, reads] of [
      ["smtp", UNAVAILABLE],
      ["pop3", /^-ERR \[SYS\/TEMP\] [^\r\n]*\r\n$/],
      ["finger", /^[^\r\n]*\r\n$/],
      ["managesieve", /^BYE \(TRYLATER\) "[^\r\n]*"\r\n$/],
    ] as const)
      part(`${what}: ${protocol}`, [built], async () => {
        const argv = [...crippled, protowrap, protocol, ...quiet, ...greets];
        await using wrapper = await onClient(argv, "inetd");
        await wrapper.talk.end();
        expect(wrapper.talk.received).toMatch(reads);
        expect(await wrapper.end()).toBe(71);
      });

    part(`${what}: systemd's descriptor 3`, [built], async () => {
      const argv = [...crippled, protowrap, "smtp", ...quiet, ...greets];
      await using wrapper = await onClient(argv, "systemd");
      await wrapper.talk.end();
      expect(wrapper.talk.received).toMatch(UNAVAILABLE);
      expect(await wrapper.end()).toBe(71);
    });
  }

  part("a word to the system's log", [built, root, mounts], async () => {
    await using scratch = new Scratch();
    const logger = scratch.file("logger", `#!/bin/sh\nprintf '%s\\n' "$@" >${scratch.path}/logged\n`);
    chmodSync(logger, 0o755);
    const crippled = `exec env BUN_JSC_useJIT=0 ${protowrap} smtp ${quiet.join(" ")}`;
    const script = `mount --bind ${logger} /usr/bin/logger && ${crippled}`;
    await using wrapper = await onClient(["unshare", "-m", "/bin/sh", "-c", script], "inetd");
    await wrapper.talk.end();
    expect(wrapper.talk.received).toMatch(UNAVAILABLE);
    expect(await wrapper.end()).toBe(71);
    expect(readFileSync(`${scratch.path}/logged`, "utf8")).toMatch(
      /^--priority\nmail.err\n--tag\nprotowrap-smtp\[\d+\]\n--\nsession=\d+ client=unknown protocol=smtp event=fault error="the runtime cannot work here: .*JIT"\n$/,
    );
  });

  part("a word to a person", [built], async () => {
    await using scratch = new Scratch();
    const outcome = await run(scratch, ["prlimit", "--as=1500000000", protowrap, "check", "smtp"]);
    expect(outcome.stdout.toString() + ending(outcome)).toMatch(
      /^protowrap: the runtime cannot work here: .* \(address space is limited to 1500000000 octets\)\nexit 71$/,
    );
  });

  part("a word to a person, where it cannot start", [built, x86], async () => {
    await using scratch = new Scratch();
    const outcome = await run(scratch, ["prlimit", "--as=1250000000", protowrap, "check", "smtp"]);
    expect(outcome.stdout.toString() + ending(outcome)).toMatch(
      /^protowrap: the runtime cannot work here: .* \(ulimit -v, -d\): give it 4 GB\nexit 71$/,
    );
  });
});

/** What a client that says QUIT hears, served or not. */
const HEARD = {
  smtp: {
    server: shell("printf '220 x\\r\\n'; while read l; do printf '250 x\\r\\n'; done"),
    served: /^220 [^\r\n]*\r\n221 [^\r\n]*\r\n$/,
    left: /^(?:421 4\.3\.0 [^\r\n]*\r\n)?$/,
  },
  pop3: {
    server: shell("printf '+OK\\r\\n'; while read l; do printf '+OK\\r\\n'; done"),
    served: /^\+OK[^\r\n]*\r\n\+OK[^\r\n]*\r\n$/,
    left: /^(?:-ERR \[SYS\/TEMP\] [^\r\n]*\r\n)?$/,
  },
};

describe("However little memory may be reserved, a client is served, told that nobody is there, or left:", () => {
  /** MiB. Below the first one the dynamic linker fails; with less than is enough it may be that nobody is served. */
  const [first, enough, last, step] = [120, 2350, 2700, 30];

  for (const [limit, protocol] of [
    ["as", "smtp"],
    ["as", "pop3"],
    ["data", "smtp"],
  ] as const)
    part(`--${limit} from ${first} to ${last} MiB, ${protocol}`, [built, x86], async () => {
      const { server, served, left } = HEARD[protocol];
      const wrong: string[] = [];
      for (let amount = first; amount <= last; amount += step) {
        const argv = ["prlimit", `--${limit}=${amount * 2 ** 20}`, protowrap, protocol, ...quiet, ...server];
        await using wrapper = await onClient(argv, "inetd");
        await wrapper.talk.send("QUIT\r\n");
        await wrapper.talk.end();
        const code = await wrapper.end();
        const { received } = wrapper.talk;
        const isServed = served.test(received) && code === 0;
        const isLeft = left.test(received) && code === 71 && amount < enough;
        if (!isServed && !isLeft) wrong.push(`${amount}: ${code} ${JSON.stringify(received.slice(0, 100))}`);
      }
      expect(wrong).toEqual([]);
    });
});

function program(scratch: Scratch, name: string, text: string): string {
  const path = scratch.file(name, text);
  chmodSync(path, 0o755);
  return path;
}

/** A protocol from outside that says "hi" to a greeting and "gone" when it must, with code put in. */
function module(scratch: Scratch, atGreeting: string, atLine = ""): string {
  return scratch.file(
    "protocol.js",
    `export default {
      name: "faulty",
      dialogue: "lock-step",
      unavailable: () => "gone\\r\\n",
      converse: (_setup, _options, kit) => ({
        lineLimit: () => 99,
        clientLine() { ${atLine}; return { client: "ok\\r\\n", next: "command" }; },
        serverLine() { ${atGreeting}; return { client: "hi\\r\\n", next: "command" }; },
        bodyEnd: () => ({ next: "command" }),
        serverLost: () => ({ next: "close" }),
        expired: () => ({ next: "close" }),
        tooManyErrors: () => ({ next: "close" }),
      }),
    };`,
  );
}
