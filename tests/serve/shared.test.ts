// What one configuration of a service has learned of its servers, and the next one knows.

import { describe, expect, test } from "bun:test";
import type { DestinationsPlan } from "../../src/serve/destinations.ts";
import { SharedDestinations } from "../../src/serve/shared.ts";

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

const OWN = { address: null, port: null };

describe("servers that several configurations of a service have", () => {
  test("are known to be down by all of them, told once, and forgotten with the last", async () => {
    const shared = new SharedDestinations();
    const told: string[] = [];
    const port = freePort();
    const planOf = (name: string): DestinationsPlan => ({
      destinations: [{ host: "127.0.0.1", port, weight: 1, tls: null }],
      ...{ retry: 30, isToSpeak: false, greets: true, sendProxy: null },
      log: ({ fields }) => void told.push(`${name}: ${(fields as { state: string }).state}`),
    });
    const visit = ({ quest }: ReturnType<typeof shared.use>) => quest(OWN, true, () => {}).find(true);
    const [one, other] = [shared.use("x", planOf("one")), shared.use("y", planOf("other"))];
    expect(await visit(one)).toBeNull();
    const two = shared.use("x", planOf("two"));
    expect(await visit(two)).toBeNull();
    expect(told).toEqual(["one: left-alone"]);
    const destination = `127.0.0.1:${port}`;
    for (const use of [one, two]) expect(use.states).toEqual([{ destination, isUp: false }]);
    expect(other.states).toEqual([{ destination, isUp: true }]);
    expect(await visit(other)).toBeNull();
    expect(told).toEqual(["one: left-alone", "other: left-alone"]);
    one.close();
    one.close();
    expect(await visit(two)).toBeNull();
    using _ = Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } });
    expect(await visit(two)).not.toBeNull();
    expect(told.slice(2)).toEqual(["two: back"]);
    expect(two.states).toEqual([{ destination, isUp: true }]);
    for (const use of [two, other]) use.close();
    const fresh = shared.use("x", planOf("fresh"));
    expect(await visit(fresh)).not.toBeNull();
    fresh.close();
    expect(told).toHaveLength(3);
  });
});
