// Knows what an attacker would write into a directory that a program is started in: every file that Bun, or
// a package that protowrap contains, would read there if it were allowed to.

import type { Scratch } from "./scratch.ts";

export interface HostileDirectory {
  readonly path: string;
  /** What the planted code, had it ever run, would have left behind. */
  readonly mark: string;
}

export function hostileDirectory(scratch: Scratch): HostileDirectory {
  const path = scratch.directory("hostile");
  const mark = `${scratch.path}/mark`;
  const code = `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "ran"); process.exit(99);\n`;
  const variables = [
    "TZ=Hostile/Zone",
    "PATH=/hostile",
    "LANG=hostile",
    "LC_ALL=tr_TR.UTF-8",
    "NODE_OPTIONS=--require ./evil.cjs",
    "BUN_OPTIONS=--preload=./evil.cjs",
    "BUN_CONFIG_VERBOSE_FETCH=1",
    "DEBUG=*",
    "FORCE_COLOR=1",
    "TCPREMOTEIP=10.0.0.1",
    "REMOTE_HOST=10.0.0.1",
  ];
  const put = (name: string, content: string) => scratch.file(`hostile/${name}`, content);
  for (const name of [".env", ".env.local", ".env.production", ".env.development", ".env.test"])
    put(name, `${variables.join("\n")}\n`);
  put("evil.cjs", code);
  put("bunfig.toml", 'preload = ["./evil.cjs"]\nlogLevel = "debug"\n[run]\nsilent = false\n');
  const paths = { "*": ["./evil.cjs"], "node:fs": ["./evil.cjs"] };
  put("tsconfig.json", JSON.stringify({ compilerOptions: { baseUrl: ".", paths } }));
  put("jsconfig.json", JSON.stringify({ compilerOptions: { baseUrl: ".", paths } }));
  const yargs = { "boolean-negation": false, "camel-case-expansion": false, "populate--": false };
  const imports = { "#*": "./evil.cjs" };
  put(
    "package.json",
    JSON.stringify({ name: "hostile", version: "6.6.6", main: "./evil.cjs", imports, yargs }),
  );
  for (const name of ["yargs", "yargs-parser", "execa", "syslog-client"]) {
    scratch.directory(`hostile/node_modules/${name}`);
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.cjs" }));
    put(`node_modules/${name}/index.cjs`, code);
  }
  put("protowrap.toml", 'relay-domain = ["evil.test"]\n');
  scratch.directory("hostile/locales");
  put("locales/en.json", "{");
  return { path, mark };
}
