// Knows fail2ban: Debian's configuration with our filter and jail in it, whom a filter finds in a log, and a server of
// it with files of its own, which bans nobody but writes down whom it would.

import { cpSync, existsSync, readFileSync } from "node:fs";
import { until } from "./deadline.ts";
import { deploy } from "./deploy.ts";
import { type Need, program } from "./missing.ts";
import { run, Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export const fail2banNeeds: readonly Need[] = [
  program("fail2ban-regex"),
  program("fail2ban-client"),
  program("fail2ban-server"),
];

/** Debian's configuration and ours. */
export function configuration(scratch: Scratch): string {
  const directory = `${scratch.path}/fail2ban`;
  if (existsSync(directory)) return directory;
  cpSync("/etc/fail2ban", directory, { recursive: true });
  for (const part of ["filter.d", "jail.d"])
    cpSync(`${deploy}/fail2ban/${part}/protowrap.conf`, `${directory}/${part}/protowrap.conf`);
  return directory;
}

/** The addresses a log gives, one for each line that matches. @param filter with its options, as a jail has it */
export async function caught(scratch: Scratch, log: string, filter = "protowrap"): Promise<string[]> {
  const argv = ["fail2ban-regex", "-c", configuration(scratch), "-o", "<ip>", log, filter];
  const { code, stdout, stderr } = await run(scratch, argv);
  if (stderr !== "" || code !== 0) throw new Error(`fail2ban-regex: exit ${code}: ${stderr}${stdout}`);
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}

/** A line of samples in the form of fail2ban's own tests, and what stands about it in front. */
export interface Sample {
  readonly line: string;
  /** Values of the option `mode` for which that holds. */
  readonly modes: readonly string[];
  /** Whom the filter finds; null for nobody. */
  readonly host: string | null;
}

export function samplesIn(text: string): Sample[] {
  const samples: Sample[] = [];
  let modes: readonly string[] = ["normal"];
  let said: { readonly match: boolean; readonly host?: string } | null = null;
  for (const line of text.split("\n")) {
    const [, word, json] = /^# ?(filterOptions|failJSON): (.*)$/.exec(line) ?? [];
    if (word === "filterOptions") {
      const options = [JSON.parse(json!)].flat() as { readonly mode?: string }[];
      modes = options.map(({ mode = "normal" }) => mode);
    } else if (word === "failJSON") {
      said = JSON.parse(json!);
    } else if (line !== "" && !line.startsWith("#")) {
      if (said === null) throw new Error(`nothing is said about: ${line}`);
      samples.push({ line, modes, host: said.match ? said.host! : null });
      said = null;
    }
  }
  return samples;
}

/** A server with one jail. */
export class Fail2ban implements AsyncDisposable {
  readonly #service: Service;
  readonly #banned: string;

  private constructor(service: Service, banned: string) {
    this.#service = service;
    this.#banned = banned;
  }

  static async start(scratch: Scratch, jail: readonly string[]): Promise<Fail2ban> {
    const directory = configuration(scratch);
    const banned = scratch.file("banned", "");
    scratch.file(
      "fail2ban/action.d/noting.conf",
      `[Definition]\nactionban = echo ban <ip> >>${banned}\nactionunban = echo unban <ip> >>${banned}\n`,
    );
    // Not Debian's jail of sshd, and no backend that the machine might not have.
    scratch.file("fail2ban/jail.d/defaults-debian.conf", "");
    const common = [
      "[DEFAULT]",
      "backend = polling",
      "ignoreself = false",
      "banaction = noting",
      "action = noting",
    ];
    scratch.file("fail2ban/jail.d/zz-test.local", [...common, "[protowrap]", ...jail, ""].join("\n"));
    const place = ["-s", `${scratch.path}/f2b.sock`, "-p", `${scratch.path}/f2b.pid`];
    const logs = ["--logtarget", `${scratch.path}/f2b.log`, "--syslogsocket", "auto"];
    scratch.file(
      "fail2ban/fail2ban.local",
      `[DEFAULT]\ndbfile = None\nlogtarget = ${scratch.path}/f2b.log\n`,
    );
    const service = new Service(scratch, [
      ...["fail2ban-server", "-c", directory, ...place, ...logs, "-xf", "start"],
    ]);
    await until(
      "fail2ban's jail",
      () => {
        const log = `${scratch.path}/f2b.log`;
        return existsSync(log) && readFileSync(log, "utf8").includes("Jail 'protowrap' started")
          ? true
          : undefined;
      },
      15_000,
    );
    return new Fail2ban(service, banned);
  }

  /** What it did so far: `ban ADDRESS`, `unban ADDRESS`. */
  get did(): string[] {
    return readFileSync(this.#banned, "utf8")
      .trim()
      .split("\n")
      .filter((line) => line !== "");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#service[Symbol.asyncDispose]();
  }
}
