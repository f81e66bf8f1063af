// What a client waits for: the modules that are evaluated before the greeting, observed on the parts that the
// executable is made of. One that is added is paid by every connection. Where a list changed for a good
// reason, `bun test -u tests/startup.test.ts` takes it over, and `npm run bench` says what it costs.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { BuildMetafile } from "bun";
import { SOCKET } from "../scripts/benchmark/os.ts";
import { Session } from "../scripts/benchmark/session.ts";
import { bundle } from "../scripts/building/bundle.ts";
import { makeCertificate } from "./certificate.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-startup-"));
const evaluated = join(directory, "evaluated");
let parts: BuildMetafile["outputs"];
/** What each part imports of the runtime. */
const ofRuntime = new Map<string, string[]>();
let main: string;

beforeAll(async () => {
  chmodSync(directory, 0o755); // the wrapper goes on as somebody else
  const built = await Bun.build({ ...bundle(), outdir: directory, metafile: true });
  parts = built.metafile!.outputs;
  for (const { path } of built.outputs) {
    ofRuntime.set(basename(path), runtimeModulesOf(readFileSync(path, "utf8")));
    appendFileSync(path, telling(basename(path)));
  }
  main = built.outputs.find(({ kind }) => kind === "entry-point")!.path;
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What makes a part say its name when it is evaluated. */
function telling(part: string): string {
  return `
    import { appendFileSync as tellEvaluated } from "node:fs";
    tellEvaluated(${JSON.stringify(evaluated)}, ${JSON.stringify(`${part}\n`)});`;
}

/** The modules, of ours, of packages and of the runtime, that a session has evaluated when it greets. */
async function modulesBeforeGreeting(protocol: string, ...words: string[]): Promise<string[]> {
  writeFileSync(evaluated, "");
  chmodSync(evaluated, 0o666);
  const user = process.getuid?.() === 0 ? ["--user", "nobody"] : [];
  const log = words.includes("--log") ? [] : ["--log", "none"];
  const command = [process.execPath, main, protocol, ...user, ...log, ...words];
  const session = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit", timeout: 10_000 });
  const { value } = await session.stdout.getReader().read();
  const names = readFileSync(evaluated, "latin1").trim().split("\n");
  session.stdin.end();
  await session.exited;
  expect(Buffer.from(value ?? []).toString("latin1")).toMatch(/^(?:220 |\+OK |")/);
  const modules = names.flatMap((name) => [
    ...Object.keys(parts[`./${name}`]!.inputs),
    ...ofRuntime.get(name)!,
  ]);
  return [...new Set(modules)].sort();
}

function runtimeModulesOf(part: string): string[] {
  const imports = new Bun.Transpiler({ loader: "js" }).scanImports(part);
  const external = imports.filter(({ kind, path }) => kind === "import-statement" && !path.startsWith("."));
  return external.map(({ path }) => `runtime: ${path.replace("node:", "")}`);
}

const greets = (greeting: string) => ["--", "/bin/sh", "-c", `echo '${greeting}'; read line`];

test("an SMTP session of a program behind pipes evaluates these modules before it greets", async () => {
  const modules = await modulesBeforeGreeting("smtp", "--relay-domain", "a.test", ...greets("220 ready"));
  expect(modules).toMatchSnapshot();
});

test("a POP3 session evaluates its own protocol and none else", async () => {
  const smtp = await modulesBeforeGreeting("smtp", ...greets("220 ready"));
  const pop3 = await modulesBeforeGreeting("pop3", ...greets("+OK ready"));
  expect(pop3.filter((module) => !smtp.includes(module))).toMatchSnapshot();
});

test("a ManageSieve session evaluates its own protocol and none else", async () => {
  const smtp = await modulesBeforeGreeting("smtp", ...greets("220 ready"));
  const managesieve = await modulesBeforeGreeting("managesieve", ...greets("OK"));
  expect(managesieve.filter((module) => !smtp.includes(module))).toMatchSnapshot();
});

test("a server over TCP costs nothing of what starts programs", async () => {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void socket.write("220 ready\r\n"), data: (socket) => void socket.end() },
  });
  try {
    const words = ["--relay-domain", "a.test", "--connect", `127.0.0.1:${listener.port}`];
    const modules = await modulesBeforeGreeting("smtp", ...words);
    expect(modules).toContain("src/io/tcp.ts");
    expect(modules.filter((module) => module === "src/io/child.ts")).toEqual([]);
  } finally {
    listener.stop(true);
  }
});

test("nothing of the runtime that is dear to load is evaluated", async () => {
  const modules = await modulesBeforeGreeting("smtp", ...greets("220 ready"));
  const dear = [
    "fs",
    "child_process",
    "stream",
    "net",
    "tty",
    "util",
    "url",
    "os",
    "path",
    "crypto",
    "dns",
    "http",
  ];
  expect(modules).toContain("runtime: bun:ffi"); // they are seen at all
  expect(modules.filter((module) => dear.includes(module.replace("runtime: ", "")))).toEqual([]);
});

test("no session evaluates execa, which runs the programs that no client waits for", async () => {
  const modules = await modulesBeforeGreeting("smtp", ...greets("220 ready"));
  expect(modules.filter((module) => module.includes("execa"))).toEqual([]);
  const having = Object.values(parts).filter(({ inputs }) =>
    Object.keys(inputs).some((module) => module.includes("/execa/")),
  );
  expect(having.length).toBeGreaterThan(0); // it is in the executable all the same
});

/** What belongs to TLS with a client, of ours and of the runtime. */
const OF_TLS = [
  "src/io/tls.ts",
  "src/io/hello.ts",
  "src/wire/client-hello.ts",
  "src/policy/credentials.ts",
  "src/options/certificates.ts",
  "src/options/pem.ts",
  "src/options/tls.ts",
  "src/options/tls-state.ts",
  "runtime: crypto",
  "runtime: tls",
];

test("where no TLS is spoken nothing of it is evaluated", async () => {
  const words = ["--relay-domain", "a.test", ...greets("220 ready")];
  const inTheClear = await modulesBeforeGreeting("smtp", "--tls", "off", ...words);
  expect(inTheClear.filter((module) => OF_TLS.includes(module))).toEqual([]);
  const all = Object.values(parts).flatMap(({ inputs }) => Object.keys(inputs));
  const ours = OF_TLS.filter((module) => module.startsWith("src/"));
  expect(ours.filter((module) => !all.includes(module))).toEqual([]); // all of them are in the executable
});

test("where clients can do without TLS, its certificates are read before they are greeted, and understood after", async () => {
  const { certificate, key } = makeCertificate(directory, "mx", { common: "mx.test" });
  const before = join(directory, "before");
  const spy = join(directory, "spy.js");
  for (const file of [evaluated, before]) {
    writeFileSync(file, "");
    chmodSync(file, 0o666);
  }
  writeFileSync(
    spy,
    `${telling("spy")}
     const get = process.getBuiltinModule;
     process.getBuiltinModule = (name) => {
       tellEvaluated(${JSON.stringify(evaluated)}, name.replace("node:", "") + "\\n");
       return get(name);
     };`,
  );
  // Whatever is done before the greeting is done in this time.
  const server = `sleep 0.5; cat ${evaluated} > ${before}; echo '220 ready'; read line; echo '250 x'; read line`;
  const user = process.getuid?.() === 0 ? ["--user", "nobody"] : [];
  const tls = ["--tls", "optional", "--tls-cert", certificate, "--tls-key", key];
  const words = ["smtp", ...user, "--log", "none", ...tls, "--", "/bin/sh", "-c", server];
  const errors = openSync("/dev/null", "r+");
  const session = new Session([process.execPath, "--preload", spy, main, ...words], SOCKET, errors);
  try {
    session.reply("220");
    expect(session.ask("EHLO c.test", "250")).toMatch(/^250.STARTTLS\r\n/m);
  } finally {
    await session.end();
    closeSync(errors);
  }
  const modulesIn = (list: string) =>
    readFileSync(list, "latin1")
      .trim()
      .split("\n")
      .flatMap((name) => {
        const part = parts[`./${name}`];
        return part === undefined
          ? [`runtime: ${name}`]
          : [...Object.keys(part.inputs), ...ofRuntime.get(name)!];
      });
  expect(modulesIn(before)).toContain("src/options/pem.ts");
  expect(modulesIn(before)).not.toContain("runtime: crypto");
  expect(modulesIn(evaluated)).toContain("runtime: crypto"); // it is seen at all
});

test("no session evaluates the words of other servers, unless they are asked for", async () => {
  const dialects = (modules: string[]) => modules.filter((module) => module.includes("record/dialect"));
  const log = ["--log", `file:${join(directory, "log")}`];
  const plain = await modulesBeforeGreeting("smtp", ...log, ...greets("220 ready"));
  expect(dialects(plain)).toEqual([]);
  const asked = await modulesBeforeGreeting(
    "smtp",
    "--log-dialect",
    "postfix",
    ...log,
    ...greets("220 ready"),
  );
  expect(dialects(asked)).toContain("src/record/dialect.ts");
});
