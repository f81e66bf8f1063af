// Knows what is measured and how each is told to stand in front of a server: socat, the yardstick, and one
// or more builds of the wrapper.
import { basename, dirname, resolve } from "node:path";

export type Protocol = "smtp" | "pop3";

export interface Subject {
  readonly name: string;
  /** The command line that puts it in front of `server`; `options` are the wrapper's alone. */
  command(protocol: Protocol, server: readonly string[], options?: readonly string[]): string[];
}

export const yardstick: Subject = {
  name: "socat",
  command: (_protocol, server) => ["socat", "-b", "65536", "-", `EXEC:${server.join(" ")}`],
};

const asRoot = process.getuid!() === 0;

function wrapper(name: string, path: string): Subject {
  return {
    name,
    command: (protocol, server, options = []) => [
      path,
      protocol,
      ...(asRoot ? ["--user", "nobody"] : []),
      "--log",
      "none",
      ...(protocol === "smtp" ? ["--relay-domain", "bench.test"] : []),
      ...options,
      "--",
      ...server,
    ],
  };
}

/** One subject for each `[NAME=]PATH`; those of one name are told apart by their directories. */
export function wrappers(given: readonly string[]): Subject[] {
  const named = given.map((text) => {
    const [, name, path] = /^(?:([\w.-]+)=)?(.+)$/.exec(text) ?? [];
    if (path === undefined) throw new Error(`--wrapper: expected [NAME=]PATH, got "${text}"`);
    return { name: name ?? basename(path), path: resolve(path) };
  });
  return named.map(({ name, path }) => {
    const alone = named.filter((other) => other.name === name).length === 1;
    return wrapper(alone ? name : `${basename(dirname(path))}/${name}`, path);
  });
}
