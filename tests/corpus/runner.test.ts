// The runner must find what is wrong, or its silence proves nothing: it is played against the bare stub, where every
// fault can be made on purpose. The commands are the stub's own, so the wrapper has no part in this.

import { afterAll, describe, expect, test } from "bun:test";
import { optionFlags } from "./options.ts";
import { type CommandLine, LIMITS, type Limits, play } from "./runner.ts";
import type { Script, Step } from "./script.ts";
import { Stage } from "./stage.ts";

const stage = new Stage();
afterAll(() => stage.remove());

const bare: CommandLine = (_, server) => server;
const shell =
  (text: string): CommandLine =>
  () => ["/bin/sh", "-c", text];
const QUICK: Limits = { ...LIMITS, patience: { output: 1000, silence: 100 }, leavingMs: 1500 };

function smtp(steps: Step[], more: Partial<Script> = {}): Script {
  return { id: "T", protocol: "smtp", script: steps, ...more };
}

async function failures(script: Script, line = bare, limits = QUICK): Promise<string[]> {
  return (await play(script, stage, line, limits)).failures;
}

const HELLO: Step[] = [{ expect: "^220 " }, { send: "EHLO c.test\r\n" }, { expect: "^250 " }];
const MESSAGE: Step[] = [
  { send: "RCPT TO:<u@local.test>\r\n" },
  { expect: "^250 " },
  { send: "DATA\r\n" },
  { expect: "^354 " },
];
const BYE: Step[] = [{ send: "QUIT\r\n" }, { expect: "^221 " }, { expectClose: true }];

describe("a script that goes as it says", () => {
  test("has no failures", async () => {
    const script = smtp(
      [...HELLO, { send: "NOOP\r\n" }, { expectOnly: "250 2\\.0\\.0 [^\\r\\n]*\\r\\n" }, ...BYE],
      {
        serverMustSee: ["^noop\\r\\n"],
        serverMustNotSee: ["^MAIL", "(?<!\\r)\\n"],
      },
    );
    expect(await failures(script)).toEqual([]);
  });

  test("half-closes and still hears every reply", async () => {
    const all = { send: "EHLO c.test\r\n" };
    const steps: Step[] = [
      { expect: "^220 " },
      all,
      { close: true },
      { expect: "^250 " },
      { expectClose: true },
    ];
    expect(await failures(smtp(steps, { options: { stub: { delayMs: 50 } } }))).toEqual([]);
  });

  test("sends 20 MB and may be cut off while it does", async () => {
    const send = { send: "A".repeat(1000), repeat: 20_000 };
    expect(await failures(smtp([send, { expectClose: true }]), shell("head -c 100 >/dev/null"))).toEqual([]);
  });

  test("reads 50 MB and finds the end of it", async () => {
    const script: Script = {
      id: "T",
      protocol: "pop3",
      options: { stub: { msg1Size: 50_000_000, msg1OneLine: true } },
      script: [
        { send: "USER u\r\n" },
        { expect: "^\\+OK.*\\r\\n\\+OK" },
        { send: "PASS secret\r\n" },
        { expect: "^\\+OK" },
        { send: "RETR 1\r\n" },
        { expect: "\\r\\n\\.\\r\\n" },
        { send: "QUIT\r\n" },
        { expectOnly: "\\+OK [^\\r\\n]*\\r\\n" },
      ],
    };
    expect(await failures(script)).toEqual([]);
  });
});

describe("a wrong expectation is reported", () => {
  test("expect", async () => {
    const [failure] = await failures(smtp([...HELLO, { send: "NOOP\r\n" }, { expect: "^221 " }]));
    expect(failure).toStartWith('step 5 {"expect":"^221 "}: got "250 2.0.0 Ok');
  });

  test("expect consumes the rest of its line, so that a line counts once", async () => {
    const [failure] = await failures(smtp([{ expect: "^2" }, { expect: "stub" }]));
    expect(failure).toContain('got ""');
  });

  test("expect after the end fails at once", async () => {
    const [failure] = await failures(smtp([...HELLO, ...BYE, { expect: "^250 " }]), bare, LIMITS);
    expect(failure).toContain("then the end");
  });

  test("expectOnly, by a second reply", async () => {
    const stub = { unsolicited: { NOOP: "250 again\r\n" } };
    const steps = [...HELLO, { send: "NOOP\r\n" }, { expectOnly: "250 [^\\r\\n]*\\r\\n" }];
    const [failure] = await failures(smtp(steps, { options: { stub } }));
    expect(failure).toContain('got "250 2.0.0 Ok\\r\\n250 again\\r\\n"');
  });

  test("expectOnly, by silence", async () => {
    const [failure] = await failures(smtp([...HELLO, { expectOnly: "250 .*\\r\\n" }]));
    expect(failure).toContain('got ""');
  });

  test("expectOnly matches the whole and not a line of it", async () => {
    const [failure] = await failures(
      smtp([{ expect: "^220 " }, { send: "EHLO c\r\n" }, { expectOnly: "^250 [A-Z]+\\r\\n" }]),
    );
    expect(failure).toContain("250-stub.example");
  });

  test("expectClose", async () => {
    const [failure] = await failures(smtp([...HELLO, { expectClose: true }]));
    expect(failure).toContain("no end");
  });

  test("serverMustSee and serverMustNotSee", async () => {
    const script = smtp([...HELLO, ...BYE], { serverMustSee: ["^MAIL"], serverMustNotSee: ["^ehlo C"] });
    expect(await failures(script)).toEqual([
      expect.stringContaining("the server did not see ^MAIL"),
      expect.stringContaining("the server saw ^ehlo C"),
    ]);
  });
});

describe("what holds for every script is checked", () => {
  test("nothing on fd 2", async () => {
    expect(await failures(smtp([{ expectClose: true }]), shell("echo oops >&2"))).toEqual([
      'on fd 2: "oops\\n"',
    ]);
  });

  test("the loader's complaint about LD_PRELOAD is not the program's", async () => {
    const script = smtp([{ expectClose: true }], { options: { env: { LD_PRELOAD: "/x.so" } } });
    expect(await failures(script, shell(":"))).toEqual([]);
  });

  test("replies end in CRLF", async () => {
    const [failure] = await failures(smtp([{ expectClose: true }]), shell("printf '220 a\\n250 b\\r\\n'"));
    expect(failure).toContain("bare CR or LF");
    const [cut] = await failures(smtp([{ expectClose: true }]), shell("printf '220 a'"));
    expect(cut).toContain("no end");
  });

  test("replies carry no control octets; message text may", async () => {
    const stub = { reply: { NOOP: "250 a\x1bb\r\n" } };
    const [failure] = await failures(
      smtp([...HELLO, { send: "NOOP\r\n" }, { expect: "^250 " }], { options: { stub } }),
    );
    expect(failure).toContain("control octet");
    const text: Script = { id: "T", protocol: "pop3", script: [{ expectClose: true }] };
    expect(await failures(text, shell("printf '+OK\\r\\na\\000b\\r\\n.\\r\\n'"))).toEqual([]);
  });

  test("a reply is one write", async () => {
    const script = smtp([{ expect: "^220 " }], { options: { stub: { byteAtATime: true } } });
    expect(await failures(script)).toEqual([expect.stringContaining("more than one write")]);
  });

  test("a server gets one command at a time", async () => {
    const steps: Step[] = [
      { expect: "^220 " },
      { send: "NOOP\r\nRSET\r\n" },
      { expect: "^250 " },
      { expect: "^250 " },
    ];
    const [failure] = await failures(smtp(steps, { options: { stub: { delayMs: 10 } } }));
    expect(failure).toContain("ahead 6 octets after NOOP");
  });

  test("a server's input does not end inside a message", async () => {
    const steps: Step[] = [...HELLO, ...MESSAGE, { send: "x\r\n" }, { close: true }, { expectClose: true }];
    expect(await failures(smtp(steps))).toEqual([expect.stringContaining("inside a message")]);
  });

  test("memory is bounded", async () => {
    const report = await play(smtp([...HELLO]), stage, bare, { ...QUICK, privateKiB: 100, peakKiB: 200 });
    expect(report.failures).toHaveLength(2);
    expect(report.peakKiB).toBeGreaterThan(report.privateKiB);
  });

  test("the program ends with its client, by itself and well", async () => {
    const script = smtp([{ sleep: 50 }]);
    expect(await failures(script, shell("exec sleep 60"))).toEqual([expect.stringContaining("still there")]);
    expect(await failures(script, shell("kill -9 $$"))).toEqual(["ended by SIGKILL"]);
    expect(await failures(script, shell("exit 70"))).toEqual(["exit status 70"]);
  });

  test("the server ends with the program", async () => {
    const hanging = smtp([{ sleep: 200 }], { options: { stub: { hangOn: "GREETING" } } });
    const orphan: CommandLine = (_, server) => [
      "/bin/sh",
      "-c",
      'sleep 60 | "$@" >/dev/null 2>&1 & sleep 0.1',
      "sh",
      ...server,
    ];
    expect(await failures(hanging, orphan)).toEqual(["the server was left running"]);
  });
});

describe("what the runner does not know is a failure of the script", () => {
  const cases: [string, Partial<Script>][] = [
    ["an option", { options: { colour: "red" } }],
    ["an option's value", { options: { overlong: "sing" } }],
    ["a profile", { options: { profile: "gopher" } }],
    ["an option of the stub", { options: { stub: { colour: "red" } } }],
  ];
  for (const [what, more] of cases) {
    test(what, async () => {
      const wrapper: CommandLine = (script, server) => {
        optionFlags(script);
        return server;
      };
      expect(await failures(smtp(HELLO, more), wrapper)).toEqual([expect.stringContaining("is not known")]);
    });
  }

  test("a step", async () => {
    expect(await failures(smtp([{ sing: true } as Step]))).toEqual([expect.stringContaining("is not known")]);
  });
});
