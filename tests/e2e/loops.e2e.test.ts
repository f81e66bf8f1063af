// Wrappers whose server is a wrapper again, in a circle: it ends within seconds, the client hears that there is no server
// now, nothing is left running, and the log says what it was.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { type Conversation, dial } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { hostsNeeds, SERVER, site } from "./parts/hosts.ts";
import { built, option, part, program, root } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { run, Service } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { envelope, greeted, mail, ports, type ServiceTable, Serving } from "./parts/serving.ts";
import { Standing } from "./parts/standing.ts";
import { connected, protowrap } from "./parts/wrapper.ts";

const needs = [built, option("smtp", "listen"), root];
/** What one wrapper may have to do with it, where its limit is twenty. */
const MOST = 22;

/** What a client of a circle hears, who says nothing. */
async function hears(talk: Conversation): Promise<string> {
  return talk.end(10_000);
}

const sessions = (log: string) => log.match(/event=connect/g)?.length ?? 0;
const ends = (log: string) => log.match(/event=end reason=server-/g)?.length ?? 0;

function logAt(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

describe("A circle of listeners", () => {
  part(
    "of one, by a name that is not its address, ends with the first connection to itself",
    needs,
    async () => {
      await using scratch = new Scratch();
      const port = await freePort();
      await using _ = await circular(scratch, port, `localhost:${port}`);
      const log = () => logAt(`${scratch.path}/log`);
      await using talk = await dial(port, { reads: true });
      expect(await hears(talk)).toMatch(/^421 [^\r\n]*\r\n$/);
      await until("the end of the session", () => (ends(log()) === 1 ? true : undefined));
      expect(sessions(log())).toBe(1);
      expect(log()).toMatch(/event=refused-connection reason=loop key=127\.0\.0\.1 count=1/);
      // And once more: nothing is kept in mind of a session that is over.
      await using again = await dial(port, { reads: true });
      expect(await hears(again)).toStartWith("421 ");
      await until("the end of the session", () => (ends(log()) === 2 ? true : undefined));
      expect(sessions(log())).toBe(2);
    },
  );

  part("of two ends with --max-connections-per-ip", needs, async () => {
    await using one = new Scratch();
    await using other = new Scratch();
    const [port, back] = [await freePort(), await freePort()];
    await using first = await circular(one, port, `127.0.0.1:${back}`);
    await using second = await circular(other, back, `127.0.0.1:${port}`);
    await using talk = await dial(port, { reads: true });
    expect(await hears(talk)).toMatch(/^421 [^\r\n]*\r\n$/);
    const logs = () => [first.log, second.log];
    await until("the end of all sessions", () =>
      logs().every((log) => ends(log) === sessions(log) && ends(log) > 0) ? true : undefined,
    );
    for (const log of logs()) expect(sessions(log)).toBeLessThanOrEqual(MOST);
    expect(logs().join("")).toMatch(/event=refused-connection reason=per-ip key=127\.0\.0\.1 count=1/);
  });
});

describe("A listener with several services", () => {
  part("tells a chain of its own services from a circle of them", needs, async () => {
    await using scratch = new Scratch();
    const [first, second, end] = await ports(3);
    const over = (port: number, to: number): ServiceTable => {
      const { server: _, ...others } = mail(scratch, port, { connect: [`127.0.0.1:${to}`] });
      return others as ServiceTable;
    };
    const last = mail(scratch, end);
    await using serving = await Serving.start(scratch, {
      first: over(first, second),
      second: over(second, end),
      last,
    });
    await using talk = await greeted(await serving.dial(first));
    expect(await envelope(talk, "kit.test")).toStartWith("250");
    serving.write({ first: over(first, second), second: over(second, first), last });
    expect(await serving.reload()).toContain("state=reloaded");
    await using lost = await serving.dial(first);
    expect(await hears(lost)).toStartWith("421 ");
    await until(
      "the log",
      () => serving.log.includes("service=first event=refused-connection reason=loop") || undefined,
    );
    expect(serving.log.match(/reason=loop/g)).toHaveLength(1);
    expect(await talk.ask("NOOP")).toStartWith("250");
  });
});

part(
  "A client whose port is that of a connection to a server, too, is another",
  [...needs, program("unshare"), program("ip"), program("socat"), program("python3")],
  async () => {
    await using scratch = new Scratch();
    const server = scratch.file("server", "printf '220 x\\r\\n'; read line\n");
    const listen =
      "--listen 127.0.0.1:4025 --listen 127.0.0.1:4026 --connect 127.0.0.1:4125 --relay-domain kit.test";
    const script = [
      "ip link set lo up",
      `socat TCP-LISTEN:4125,bind=127.0.0.1,fork EXEC:"/bin/sh ${server}" &`,
      `${protowrap} smtp --user nobody --log file:${scratch.path}/log ${listen} &`,
      `until grep -q state=ready ${scratch.path}/log; do sleep 0.1; done`,
      "echo 40001 40001 >/proc/sys/net/ipv4/ip_local_port_range",
      `python3 -I -c '${SAME_PORTS}' $!`,
      "kill %1 %2",
    ].join("\n");
    const outcome = await run(scratch, ["unshare", "-n", "/bin/bash", "-c", script]);
    expect(outcome.stdout.toString().replaceAll("\r", "")).toMatch(/^(?:40001 220 .*\n){2}$/);
  },
);

/** Of the one port there is the listener has a connection to its server, and two clients have one to each of its own. */
const SAME_PORTS = `
import os, signal, socket, sys
first = socket.create_connection(("127.0.0.1", 4025))
print(first.getsockname()[1], first.recv(100).decode().strip())
# The listener has to have another port for the second, whose client must not get that.
os.kill(int(sys.argv[1]), signal.SIGSTOP)
second = socket.create_connection(("127.0.0.1", 4026))
open("/proc/sys/net/ipv4/ip_local_port_range", "w").write("40001 40002")
os.kill(int(sys.argv[1]), signal.SIGCONT)
print(second.getsockname()[1], second.recv(100).decode().strip())
`;

/** Whose server is at that place. */
function circular(scratch: Scratch, port: number, place: string): Promise<Standing> {
  return Standing.launch(scratch, { server: ["--connect", place] }, port).then(async (standing) => {
    await until(
      "a worker that is ready",
      () => (/event=worker state=ready/.test(standing.log) ? true : undefined),
      15_000,
    );
    return standing;
  });
}

describe("A circle of processes for a connection each", () => {
  part(
    "ends with --max-connections-per-ip, too",
    [...needs, program("tcpserver")],
    async () => {
      await using scratch = new Scratch();
      const [port, back] = [await freePort(), await freePort()];
      await using _ = await wrapping(scratch, "a", port, back);
      await using __ = await wrapping(scratch, "b", back, port);
      await using talk = await dial(port, { reads: true });
      expect(await talk.end(20_000)).toMatch(/^421 [^\r\n]*\r\n$/);
      const logs = () => ["a", "b"].map((name) => logAt(`${scratch.path}/${name}.log`));
      await until(
        "the end of all sessions",
        () => (logs().every((log) => ends(log) === sessions(log) && ends(log) > 0) ? true : undefined),
        10_000,
      );
      for (const log of logs()) expect(sessions(log)).toBeLessThanOrEqual(MOST);
      expect(logs().join("")).toMatch(
        /event=server-unavailable destination=tcp error="too many connections of this address wait for a first word: the server may be ourselves"/,
      );
    },
    60_000,
  );
});

async function wrapping(scratch: Scratch, name: string, port: number, server: number): Promise<Service> {
  const options = ["--relay-domain", "kit.test", "--log", `file:${scratch.path}/${name}.log`];
  const words = connected("smtp", server, ...options);
  const service = new Service(scratch, ["tcpserver", "-HR", "-l0", "127.0.0.1", String(port), ...words]);
  await service.listens(port);
  return service;
}

/** A firewall that also redirects what it says itself: the mistake that is easily made. */
const RULES = `table inet test {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "wan0" tcp dport 25 redirect to :10025
  }
  chain output {
    type nat hook output priority -100;
    tcp dport 25 redirect to :10025
  }
}
`;

describe("A firewall that redirects its wrapper's own connections", () => {
  const all = [...needs, ...hostsNeeds, program("socat"), program("systemd-socket-activate")];
  for (const [situation, line] of [
    ["a listener", /event=refused-connection reason=loop/],
    ["a process for each client", /event=server-unavailable destination=tcp error="too many connections/],
  ] as const)
    part(
      `is told so by ${situation}`,
      all,
      async () => {
        await using scratch = new Scratch();
        await using hosts = await site(scratch);
        const { client, firewall } = hosts;
        await firewall.filters(scratch.file("rules.nft", RULES));
        const log = `${scratch.path}/log`;
        const listens = situation === "a listener" ? ["--listen", "0.0.0.0:10025"] : [];
        const [wrapper = ""] = connected("smtp", 0);
        const options = ["--user", "nobody", "--relay-domain", "kit.test", "--log", `file:${log}`];
        const argv = [wrapper, "smtp", ...listens, ...options, "--connect", "original,net=192.0.2.0/24"];
        const accepting = ["systemd-socket-activate", "--accept", "--inetd", "-l", "0.0.0.0:10025"];
        await using _ = await firewall.serves(
          10025,
          ...(listens.length > 0 ? argv : [...accepting, ...argv]),
        );
        const { stdout } = await client.run("socat", "-u", "-T", "15", `TCP:${SERVER}:25`, "STDOUT");
        expect(stdout.toString()).toMatch(/^421 [^\r\n]*\r\n$/);
        await until("the end of all sessions", () =>
          ends(logAt(log)) === sessions(logAt(log)) && ends(logAt(log)) > 0 ? true : undefined,
        );
        expect(logAt(log)).toMatch(line);
        expect(sessions(logAt(log))).toBeLessThanOrEqual(situation === "a listener" ? 1 : MOST);
      },
      60_000,
    );
});
