// --connect original on a firewall that redirects: the server is where the client wanted to go, of both families, as
// long as that is in a network that was named, and nobody else's.

import { describe, expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { Authority, openssl } from "./parts/authority.ts";
import { until } from "./parts/deadline.ts";
import { FIREWALL, type Host, hostsNeeds, SERVER, SERVER_IPV6, type Site, site } from "./parts/hosts.ts";
import { built, option, part, program } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { SITUATIONS } from "./parts/situation.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [
  built,
  option("smtp", "listen"),
  ...hostsNeeds,
  program("socat"),
  program("systemd-socket-activate"),
];

/** Everything for port 25 that passes the firewall, wherever it is for, comes to the wrapper. */
const RULES = `table inet test {
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "wan0" tcp dport 25 redirect to :10025
  }
}
`;

const GREETS = "printf '220 server.test\\r\\n'; read -r line; printf '221 x\\r\\n'";
const NETWORKS = ["192.0.2.0/24", "2001:db8:2::/64"];
const PORT = 10025;

class Stage implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #stack: AsyncDisposable;
  readonly site: Site;

  private constructor(scratch: Scratch, stack: AsyncDisposable, hosts: Site) {
    this.#scratch = scratch;
    this.#stack = stack;
    this.site = hosts;
  }

  /** Listens on an IPv6 socket, to which clients of IPv4 come as well. */
  static async set(
    situation: (typeof SITUATIONS)[number],
    networks: readonly string[] | ((scratch: Scratch, server: Host) => Promise<readonly string[]>),
  ): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    const scratch = stack.use(new Scratch());
    const hosts = stack.use(await site(scratch));
    const { firewall, server } = hosts;
    await firewall.filters(scratch.file("rules.nft", RULES));
    if (typeof networks !== "function")
      stack.use(await server.serves(25, ...accepting(25), "/bin/sh", "-c", GREETS));
    const nets = typeof networks === "function" ? await networks(scratch, server) : networks;
    const connect = nets.flatMap((net) => ["--connect", `original,net=${net}`]);
    const options = ["--user", "nobody", "--relay-domain", "kit.test", "--log", `file:${scratch.path}/log`];
    const listens = situation === "a listener" ? ["--listen", `[::]:${PORT}`] : [];
    const argv = [protowrap, "smtp", ...listens, ...options, ...connect];
    stack.use(await firewall.serves(PORT, ...(listens.length > 0 ? argv : [...accepting(PORT), ...argv])));
    const kept = stack.move();
    return new Stage(scratch, { [Symbol.asyncDispose]: () => kept.disposeAsync() }, hosts);
  }

  /** What a client hears that greets nobody. */
  async hears(address: string, port = 25): Promise<string> {
    const host = address.includes(":") ? `[${address}]` : address;
    const { stdout } = await this.site.client.run("socat", "-u", "-T", "5", `TCP:${host}:${port}`, "STDOUT");
    return stdout.toString("latin1");
  }

  /** What the server says to whoever takes leave at once. */
  async greets(address: string): Promise<string> {
    const host = address.includes(":") ? `[${address}]` : address;
    const talk = `printf 'QUIT\\r\\n' | socat -T 5 -t 5 - 'TCP:${host}:25'`;
    const { stdout } = await this.site.client.run("sh", "-c", talk);
    return stdout.toString("latin1");
  }

  get log(): string {
    const path = `${this.#scratch.path}/log`;
    return existsSync(path) ? readFileSync(path, "latin1") : "";
  }

  tells(line: RegExp): Promise<string> {
    return until(`a line of the log like ${line}`, () => line.exec(this.log)?.[0]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#stack[Symbol.asyncDispose]());
  }
}

function accepting(port: number): string[] {
  return ["systemd-socket-activate", "--accept", "--inetd", "-l", `[::]:${port}`];
}

for (const situation of SITUATIONS)
  describe(`--connect original, ${situation}`, () => {
    part("reaches the server that the client wanted, and the log says which", needs, async () => {
      await using stage = await Stage.set(situation, NETWORKS);
      for (const [address, written] of [
        [SERVER, SERVER],
        [SERVER_IPV6, `[${SERVER_IPV6}]`],
      ] as const) {
        expect(await stage.greets(address)).toMatch(/^220 .*\r\n221 /);
        const destination = written.replace(/[[\].]/g, "\\$&");
        await stage.tells(new RegExp(`event=connect destination="?${destination}:25`));
        await stage.tells(/event=end reason=quit/);
      }
      expect(stage.log).not.toContain("server-un");
    });

    part("speaks TLS as the entry of its network says", [...needs, openssl], async () => {
      for (const [name, heard, error] of [
        ["mx.test", /^220 .*\r\n221 /, null],
        ["other.test", /^421 /, "certificate is not for other.test"],
      ] as const) {
        await using stage = await Stage.set(situation, async (scratch, server) => {
          const authority = await Authority.make(scratch);
          const { certificate, key } = await authority.identity("DNS:mx.test");
          const listens = `OPENSSL-LISTEN:25,fork,reuseaddr,verify=0,cert=${certificate},key=${key}`;
          await server.serves(25, "socat", listens, `EXEC:/bin/sh ${scratch.file("greet", GREETS)}`);
          const tls = `tls=implicit,name=${name},ca=${authority.root.certificate}`;
          return ["198.18.0.0/15", `192.0.2.0/24,${tls}`, "192.0.2.25/32"];
        });
        expect(await stage.greets(SERVER)).toMatch(heard);
        if (error === null) await stage.tells(/event=end reason=quit/);
        else await stage.tells(new RegExp(`event=server-unreachable destination=\\S+ error="${error}"`));
      }
    });

    part("goes nowhere else", needs, async () => {
      await using stage = await Stage.set(situation, ["198.18.0.0/15", "2001:db8:3::/64"]);
      for (const [address, written] of [
        [SERVER, SERVER],
        [SERVER_IPV6, `\\[${SERVER_IPV6}\\]`],
      ] as const) {
        expect(await stage.hears(address)).toMatch(/^421 /);
        await stage.tells(
          new RegExp(
            `event=server-unreachable destination="?${written}:25"? error="in no network of --connect original"`,
          ),
        );
      }
      await stage.tells(/event=server-unavailable/);
      await stage.tells(/event=end reason=server-unavailable/);
    });

    part("is nowhere for a client that was not redirected", needs, async () => {
      await using stage = await Stage.set(situation, NETWORKS);
      expect(await stage.hears(FIREWALL, PORT)).toMatch(/^421 /);
      await stage.tells(
        /event=server-unreachable destination=192\.0\.2\.1:10025 error="that is ourselves: no firewall has redirected the client"/,
      );
    });

    part("is nowhere for whom the kernel does not keep in mind", needs, async () => {
      await using stage = await Stage.set(situation, NETWORKS);
      await stage.site.firewall.does("nft", "flush", "ruleset");
      expect(await stage.hears(FIREWALL, PORT)).toMatch(/^421 /);
      await stage.tells(/event=server-unreachable .*error="(?:that is ourselves|the kernel does not know)/);
    });
  });
