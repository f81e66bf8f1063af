// Knows how to start the program with a file of services, how to have that read again, and what processes it makes.

import { writeFileSync } from "node:fs";
import { type Conversation, dial, smtpReply } from "./conversation.ts";
import { until } from "./deadline.ts";
import { root } from "./missing.ts";
import { freePort } from "./port.ts";
import type { Scratch } from "./scratch.ts";
import { mailStub } from "./standing.ts";
import { Supervised } from "./supervised.ts";
import { protowrap } from "./wrapper.ts";

/** Ports that nobody used a moment ago, all different. */
export async function ports(count: number): Promise<[number, number, number, number, number]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await freePort());
  return [...found] as [number, number, number, number, number];
}

export function at(port: number): readonly string[] {
  return [`127.0.0.1:${port}`];
}

/** A service of SMTP, whose rules let mail for kit.test in. */
export function mail(scratch: Scratch, port: number, more: Partial<ServiceTable> = {}): ServiceTable {
  return {
    protocol: "smtp",
    listen: at(port),
    server: mailStub(scratch),
    "relay-domain": ["kit.test"],
    ...more,
  };
}

export function pop(port: number): ServiceTable {
  return { protocol: "pop3", listen: at(port), server: ["/bin/sh", "-c", "printf '+OK x\\r\\n'; read line"] };
}

export async function greeted(talk: Conversation): Promise<Conversation> {
  const line = await talk.read(smtpReply);
  if (!line.startsWith("220 ")) throw new Error(line);
  return talk;
}

/** Begins a message. @returns what is answered to a recipient of that domain */
export async function envelope(talk: Conversation, domain: string): Promise<string> {
  for (const line of ["EHLO client.test", "MAIL FROM:<a@client.test>"]) {
    const reply = await talk.ask(line);
    if (!reply.startsWith("250")) throw new Error(reply);
  }
  return talk.ask(`RCPT TO:<b@${domain}>`);
}

export interface ServiceTable {
  readonly protocol: string;
  readonly listen?: readonly string[];
  readonly server?: readonly string[];
  readonly [option: string]: string | number | readonly string[] | undefined;
}

/** The file's text. @param top lines at its top */
export function fileOf(
  services: Readonly<Record<string, ServiceTable>>,
  top: readonly string[] = [],
): string {
  const users = root.there ? ['user = "nobody"'] : [];
  const tables = Object.entries(services).map(([name, table]) =>
    [
      `[service.${name}]`,
      ...Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    ].join("\n"),
  );
  return `${[...users, ...top, ...tables].join("\n")}\n`;
}

export interface ServingPlan {
  /** In front of the program. */
  readonly by?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export class Serving extends Supervised {
  /** @returns once every service lets clients in */
  static async start(
    scratch: Scratch,
    services: Readonly<Record<string, ServiceTable>>,
    plan: ServingPlan = {},
  ): Promise<Serving> {
    const serving = Serving.launch(scratch, services, plan);
    await until("all services", () => serving.#isUp(Object.keys(services)), 15_000);
    return serving;
  }

  static launch(
    scratch: Scratch,
    services: Readonly<Record<string, ServiceTable>>,
    { by = [], env = {} }: ServingPlan = {},
  ): Serving {
    Bun.spawnSync(["chmod", "a+rwX", scratch.path]);
    writeFileSync(`${scratch.path}/protowrap.toml`, fileOf(services, [`log = "file:${scratch.path}/log"`]));
    const argv = [...by, protowrap, "serve", "--config", "protowrap.toml"];
    return new Serving(scratch, Supervised.spawn(scratch, argv, env));
  }

  dial(port: number, from?: string): Promise<Conversation> {
    return dial(port, { reads: true, ...(from === undefined ? {} : { from }) });
  }

  /** The file as it is from now on. */
  write(services: Readonly<Record<string, ServiceTable>>, ...more: string[]): void {
    const text = fileOf(services, [`log = "file:${this.scratch.path}/log"`]);
    writeFileSync(`${this.scratch.path}/protowrap.toml`, text + more.map((line) => `${line}\n`).join(""));
  }

  /** Has the file read again. @returns the line that tells what became of it */
  async reload(): Promise<string> {
    const told = () =>
      this.log.split("\n").filter((line) => /event=reload state=(?:reloaded|kept)/.test(line));
    const before = told().length;
    this.kill("SIGHUP");
    return until("the end of a reload", () => told()[before], 20_000);
  }

  #isUp(names: readonly string[]): true | undefined {
    this.isStanding();
    return names.every((name) => this.log.includes(`service=${name} event=listening`)) || undefined;
  }
}
