// Knows the five set-ups that ship, by their files, and how to start one on hosts of our own: nothing in the files is
// changed but the wrapper's place, who exists, and where a server behind a pipe has its own configuration.

import { existsSync, readFileSync } from "node:fs";
import { replaced, sample, setting } from "./deploy.ts";
import { exim, mailbox as eximMailbox } from "./exim.ts";
import type { Host, Site } from "./hosts.ts";
import { hosted, mailbox as postfixMailbox } from "./postfix.ts";
import type { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { protowrap } from "./wrapper.ts";

export interface Setup {
  readonly name: string;
  /** Where the wrapper is, and on which port. */
  readonly wrapper: { readonly on: "firewall" | "server"; readonly port: number };
  /** Rules, and on which host. */
  readonly rules: { readonly file: string; readonly on: "firewall" | "server" } | null;
  /** The line of the server's own configuration that says where it listens; null for one behind a pipe. */
  readonly service: string | null;
  /** Where that is. */
  readonly port: number;
  /** Whom the server takes for its client. */
  readonly seen: string;
  /** What the log's connect line says besides. */
  readonly destination: string | null;
}

const USUAL = "smtp inet n - n - - smtpd";

export const SETUPS: readonly Setup[] = [
  {
    name: "firewall",
    wrapper: { on: "firewall", port: 10025 },
    rules: { file: "protowrap.nft", on: "firewall" },
    ...{ service: USUAL, port: 25, seen: "192.0.2.1", destination: "192.0.2.25:25" },
  },
  {
    name: "forwarded",
    wrapper: { on: "server", port: 10025 },
    rules: { file: "firewall.nft", on: "firewall" },
    ...{ service: USUAL, port: 25, seen: "127.0.0.1", destination: null },
  },
  {
    name: "pipe",
    wrapper: { on: "server", port: 25 },
    ...{ rules: null, service: null, port: 0, seen: "198.51.100.2", destination: null },
  },
  {
    name: "moved",
    wrapper: { on: "server", port: 25 },
    rules: null,
    ...{ service: lastLine("moved/master.cf"), port: 10025, seen: "127.0.0.1", destination: null },
  },
  {
    name: "redirected",
    wrapper: { on: "server", port: 10025 },
    rules: { file: "protowrap.nft", on: "server" },
    ...{ service: USUAL, port: 25, seen: "127.0.0.1", destination: null },
  },
];

/** A set-up in place. */
export interface Standing extends AsyncDisposable {
  /** The wrapper's process. */
  readonly wrapper: Service;
  readonly log: string;
  /** Mails, with the headers the server adds. */
  readonly delivered: string[];
  /** What the server's log has. */
  readonly serverLog: string;
}

export async function setUp(scratch: Scratch, site: Site, setup: Setup): Promise<Standing> {
  await using all = new AsyncDisposableStack();
  const { rules, service } = setup;
  if (rules !== null) await site[rules.on].filters(shipped(`${setup.name}/${rules.file}`));
  let path = withRecipient(scratch, shipped(`${setup.name}/protowrap.toml`));
  if (service === null) path = ofPipe(scratch, path);
  else all.use(await site.server.serves(setup.port, ...hosted(scratch, service)));
  const log = `${scratch.path}/wrapper.log`;
  const wrapper = await start(site[setup.wrapper.on], setup, path, log);
  all.use(wrapper);
  const kept = all.move();
  return {
    wrapper,
    get log() {
      return textOf(log);
    },
    get delivered() {
      return service === null ? eximMailbox(scratch) : postfixMailbox(scratch);
    },
    get serverLog() {
      return textOf(`${scratch.path}/${service === null ? "log/mainlog" : "postfix.log"}`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** The unit of a set-up. */
export function unitOf({ name }: Setup): string {
  return sample(name === "pipe" ? "setups/pipe/protowrap.service" : "setups/protowrap.service");
}

function start(host: Host, setup: Setup, path: string, log: string): Promise<Service> {
  const unit = unitOf(setup);
  const words = replaced(setting(unit, "ExecStart"), {
    "/usr/local/sbin/protowrap": protowrap,
    " --config /etc/protowrap.toml": ` --log file:${log} --config ${path}`,
  }).split(" ");
  const kept = setting(unit, "CapabilityBoundingSet").toLowerCase().split(" ");
  const bounding = kept.map((name) => `+${name.replace("cap_", "")}`).join(",");
  const locked = setting(unit, "NoNewPrivileges") === "yes" ? ["--no-new-privs"] : [];
  const confined = ["setpriv", `--bounding-set=-all,${bounding}`, "--inh-caps=-all", ...locked];
  return host.serves(setup.wrapper.port, ...confined, ...words);
}

/** The server that Debian calls sendmail, with a spool and a configuration of its own. */
function ofPipe(scratch: Scratch, path: string): string {
  const { argv } = exim.start(scratch).behind;
  const own = readFileSync(`${scratch.path}/exim.conf`, "utf8");
  scratch.file("exim.conf", replaced(own, { "local_domains = kit.test": "local_domains = example.org" }));
  const text = replaced(readFileSync(path, "utf8"), {
    'server = ["/usr/sbin/sendmail", "-bs"]': `server = ${JSON.stringify(argv)}`,
  });
  return scratch.file("protowrap.toml", text);
}

/** Bob, who is no user of this host. */
function withRecipient(scratch: Scratch, path: string): string {
  const text = readFileSync(path, "utf8").replace(/^recipient = .*$/m, 'recipient = ["bob@example.org"]');
  return scratch.file("protowrap.toml", text);
}

function shipped(path: string): string {
  return `${import.meta.dir}/../../../scripts/deploy/setups/${path}`;
}

function lastLine(path: string): string {
  return sample(`setups/${path}`).trimEnd().split("\n").at(-1)!;
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}
