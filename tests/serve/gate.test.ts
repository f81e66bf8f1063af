// Who is let in by the listener, and what the log is told of who is not.

import { describe, expect, test } from "bun:test";
import { Gate, type GateLimits } from "../../src/serve/gate.ts";

const NOBODY_BLOCKED = () => false;
const MINUTE = 60_000;

function gate(limits: Partial<GateLimits> = {}): Gate {
  return new Gate({ total: 0, perNetwork: 0, rate: 0, blocked: NOBODY_BLOCKED, ...limits });
}

describe("the gate", () => {
  test("lets everybody in without limits, and counts them", () => {
    const open = gate();
    for (let client = 0; client < 1000; client++) expect(open.enter("192.0.2.1", 0)).toBeNull();
    expect(open.here).toBe(1000);
  });

  test("keeps out whoever comes when there are enough in all, until one leaves", () => {
    const small = gate({ total: 2 });
    expect([small.enter("192.0.2.1", 0), small.enter("192.0.2.2", 0)]).toEqual([null, null]);
    expect(small.enter("192.0.2.3", 0)).toBe("total");
    small.leave("192.0.2.1");
    expect(small.enter("192.0.2.3", 0)).toBeNull();
    expect(small.here).toBe(2);
  });

  test("keeps out one network and no other", () => {
    const fair = gate({ perNetwork: 1 });
    expect(fair.enter("192.0.2.1", 0)).toBeNull();
    expect(fair.enter("192.0.2.1", 0)).toBe("per-ip");
    expect(fair.enter("192.0.2.2", 0)).toBeNull();
  });

  test("takes IPv6 by the network that one customer has, and folds IPv4 that is written as IPv6", () => {
    const fair = gate({ perNetwork: 1 });
    expect(fair.enter("2001:db8:1:2::1", 0)).toBeNull();
    expect(fair.enter("2001:db8:1:2:ffff::9", 0)).toBe("per-ip");
    expect(fair.enter("2001:db8:1:3::1", 0)).toBeNull();
    expect(fair.enter("192.0.2.1", 0)).toBeNull();
    expect(fair.enter("::ffff:192.0.2.1", 0)).toBe("per-ip");
  });

  test("counts new clients of a network by the minute, those it kept out among them", () => {
    const slow = gate({ rate: 2 });
    expect([1, 2, 3].map((at) => slow.enter("192.0.2.1", at))).toEqual([null, null, "rate"]);
    expect(slow.enter("192.0.2.2", 4)).toBeNull();
    expect(slow.enter("192.0.2.1", MINUTE)).toBe("rate");
    expect(slow.enter("192.0.2.1", MINUTE + 1)).toBeNull();
  });

  test("keeps out whom the administrator blocks, and does not count them", () => {
    const blocking = gate({ total: 1, blocked: (address) => address === "192.0.2.66" });
    expect(blocking.enter("192.0.2.66", 0)).toBe("block-ip");
    expect(blocking.enter("192.0.2.1", 0)).toBeNull();
  });

  test("counts a client without an address in all, as one network", () => {
    const fair = gate({ perNetwork: 1 });
    expect(fair.enter(null, 0)).toBeNull();
    expect(fair.enter(null, 0)).toBe("per-ip");
    fair.leave(null);
    expect(fair.here).toBe(0);
  });

  test("counts a proxy in all only, and then its client like any other", () => {
    const fair = gate({ perNetwork: 1, total: 3, rate: 2, blocked: (address) => address === "192.0.2.66" });
    expect([fair.enterUntold(), fair.enterUntold(), fair.enterUntold()]).toEqual([null, null, null]);
    expect(fair.enterUntold()).toBe("total");
    expect(fair.here).toBe(3);
    expect(fair.tell("192.0.2.66", 0)).toBe("block-ip");
    expect(fair.tell("192.0.2.1", 0)).toBeNull();
    expect(fair.tell("192.0.2.1", 0)).toBe("per-ip");
    expect(fair.tell("192.0.2.1", 0)).toBe("rate");
    expect(fair.tell("192.0.2.2", 0)).toBeNull();
    expect(fair.here).toBe(3);
    fair.leave("192.0.2.1");
    fair.leaveUntold();
    expect(fair.here).toBe(1);
    expect(fair.tell("192.0.2.1", MINUTE)).toBeNull();
    for (let time = 0; time < 3; time++) fair.leaveUntold();
    expect(fair.here).toBe(0);
  });

  test("is not misled by somebody who leaves twice", () => {
    const small = gate({ total: 1 });
    small.enter("192.0.2.1", 0);
    small.leave("192.0.2.1");
    small.leave("192.0.2.1");
    small.leave("192.0.2.9");
    expect(small.here).toBe(0);
  });

  test("forgets networks of which nobody is here, and none of those that are", () => {
    const fair = gate({ perNetwork: 1 });
    fair.enter("192.0.2.1", 0);
    for (let network = 0; network < 40_000; network++) {
      const address = `2001:db8:${(network >> 8).toString(16)}:${(network & 255).toString(16)}::1`;
      fair.enter(address, 0);
      fair.leave(address);
    }
    expect(fair.enter("192.0.2.1", 0)).toBe("per-ip");
    expect(fair.here).toBe(1);
  });
});

describe("the log of the gate", () => {
  const told = (reason: string, key: string, count: number) => ({
    level: 1,
    event: "refused-connection",
    fields: { reason, key, count },
  });

  test("tells the first refusal of a network at once, and the rest of its minute in one line", () => {
    const quiet = gate();
    expect(quiet.refused("192.0.2.1", "per-ip", 0)).toEqual(told("per-ip", "192.0.2.1", 1) as never);
    for (let at = 1; at < 500; at++) expect(quiet.refused("192.0.2.1", "per-ip", at)).toBeNull();
    expect(quiet.minutes(MINUTE - 1)).toEqual([]);
    expect(quiet.minutes(MINUTE)).toEqual([told("per-ip", "192.0.2.1", 499) as never]);
    expect(quiet.minutes(2 * MINUTE)).toEqual([]);
    expect(quiet.refused("192.0.2.1", "per-ip", 2 * MINUTE)).not.toBeNull();
  });

  test("tells a flood of networks in few lines", () => {
    const quiet = gate();
    let lines = 0;
    for (let network = 0; network < 5000; network++)
      if (quiet.refused(`10.${network >> 8}.${network & 255}.1`, "total", 0) !== null) lines++;
    expect(lines).toBe(1025);
    expect(quiet.minutes(MINUTE)).toEqual([told("total", "others", 3975) as never]);
  });
});
