// Knows the sample configurations that ship, and how to try one where its paths, ports and domain are others
// and a log is kept: that is put in, and nothing else is changed.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { inetdNeeds } from "./inetd.ts";
import { inetutils, inetutilsCommand } from "./inetutils.ts";
import { program, root } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import { front, type SuperServer } from "./superserver.ts";
import { xinetdCommand, xinetdServer } from "./xinetd.ts";

export type Service = "smtp" | "pop3";

export const deploy = resolve(`${import.meta.dir}/../../../scripts/deploy`);

export function sample(path: string): string {
  return readFileSync(`${deploy}/${path}`, "utf8");
}

/** Each replacement has to find what it replaces, exactly once. */
export function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((done, [from, to]) => {
    if (done.split(from).length !== 2) throw new Error(`not once ${JSON.stringify(from)} in:\n${done}`);
    return done.replace(from, () => to);
  }, text);
}

const installed = "/usr/local/sbin/protowrap";
const servers = { smtp: "/usr/sbin/sendmail -bs", pop3: "/usr/sbin/popa3d" } as const;

/**
 * What the sample's command line has to become.
 * @param argv the wrapper with its protocol, what a test adds to the options, and the server
 */
function command(argv: readonly string[], service: Service): Record<string, string> {
  const end = argv.indexOf("--");
  const added = [service, ...argv.slice(2, end), "--user"].join(" ");
  const to: Record<string, string> = { [installed]: argv[0]!, [` ${service} --user`]: ` ${added}` };
  if (service === "smtp") {
    to["example.org"] = "kit.test";
    to["--recipient system"] = "--recipient kituser@kit.test";
  }
  to[` -- ${servers[service]}`] = ` -- ${argv.slice(end + 1).join(" ")}`;
  return to;
}

function inetdConf(scratch: Scratch, argv: readonly string[], service: Service, port: number): string {
  const line = sample("inetd.conf")
    .split("\n")
    .find((one) => one.startsWith(`${service} stream`))!;
  const conf = replaced(line, {
    [`${service} stream`]: `127.0.0.1:${port} stream`,
    ...command(argv, service),
  });
  return scratch.file("inetd.conf", `${conf}\n`);
}

function xinetdConf(scratch: Scratch, argv: readonly string[], service: Service, port: number): string {
  const conf = replaced(sample(`xinetd.d/protowrap-${service}`), {
    "{\n": `{\n\ttype = UNLISTED\n\tbind = 127.0.0.1\n\tport = ${port}\n`,
    ...command(argv, service),
  });
  return scratch.file("xinetd.conf", conf);
}

export function unit(service: Service): string {
  return sample(`systemd/protowrap-${service}@.service`);
}

/** The unit's own command. */
export function execStart(argv: readonly string[], service: Service): string[] {
  const line = replaced(setting(unit(service), "ExecStart"), command(argv, service));
  return line.replace(/^-/, "").split(" ");
}

/** With the unit's own capabilities. */
export function confined(argv: readonly string[], service: Service): string[] {
  const text = unit(service);
  const bounding = setting(text, "CapabilityBoundingSet").toLowerCase().split(" ");
  const kept = bounding.map((name) => `+${name.replace("cap_", "")}`).join(",");
  const locked = setting(text, "NoNewPrivileges") === "yes" ? ["--no-new-privs"] : [];
  return [
    "setpriv",
    `--bounding-set=-all,${kept}`,
    "--inh-caps=-all",
    ...locked,
    ...execStart(argv, service),
  ];
}

/** The value of the one line that sets it. */
export function setting(text: string, name: string): string {
  const found = [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))];
  if (found.length !== 1) throw new Error(`${name}= stands ${found.length} times in:\n${text}`);
  return found[0]![1]!;
}

/** Super-servers that start what the samples say. */
export function samples(service: Service): readonly SuperServer[] {
  return [
    {
      name: "openbsd-inetd",
      needs: inetdNeeds,
      peer: "client",
      start: (scratch, argv) =>
        front(scratch, (port) => ["/usr/sbin/inetd", "-i", "-E", inetdConf(scratch, argv, service, port)]),
    },
    {
      ...inetutils,
      start: (scratch, argv) =>
        front(scratch, (port) => inetutilsCommand(scratch, inetdConf(scratch, argv, service, port))),
    },
    {
      ...xinetdServer,
      start: (scratch, argv) =>
        front(scratch, (port) => xinetdCommand(scratch, xinetdConf(scratch, argv, service, port))),
    },
    unitSample(service),
  ];
}

export function unitSample(service: Service): SuperServer {
  return {
    name: "systemd, with the unit's capabilities",
    needs: [program("systemd-socket-activate"), program("setpriv"), root],
    peer: "client",
    start: (scratch, argv) =>
      front(scratch, (port) => [
        "systemd-socket-activate",
        "--accept",
        "--inetd",
        "-l",
        `127.0.0.1:${port}`,
        ...confined(argv, service),
      ]),
  };
}
