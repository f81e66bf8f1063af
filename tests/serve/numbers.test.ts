// Which numbers a place shows.

import { describe, expect, test } from "bun:test";
import { writeExposition } from "../../src/record/exposition.ts";
import { Meter } from "../../src/record/meter.ts";
import { type Counting, numbersOf } from "../../src/serve/numbers.ts";

const NONE = { workers: 0, certificates: [], servers: [] };

function service(
  name: string | null,
  meter: Meter | null,
  here = 0,
  serving: Counting["serving"] = NONE,
  protocol = "smtp",
): Counting {
  const scrape = { place: { path: "/x" }, identity: null, where: "--metrics" };
  return { plan: { name, metrics: meter === null ? null : { scrape, meter, protocol } }, here, serving };
}

/** The lines of a metric. */
function shown(listeners: readonly Counting[], metric: string, common = new Meter()): string[] {
  return writeExposition(numbersOf(listeners, common))
    .split("\n")
    .filter((line) => new RegExp(`^${metric}[ {]`).test(line))
    .map((line) => line.slice(metric.length));
}

describe("a service", () => {
  test("has its name, where it has one, and its protocol", () => {
    expect(shown([service(null, new Meter(), 3)], "protowrap_clients")).toEqual(['{protocol="smtp"} 3']);
    const [mx, pop] = [service("mx", new Meter(), 1), service("pop", new Meter(), 2, NONE, "pop3")];
    expect(shown([mx, pop], "protowrap_clients")).toEqual([
      '{service="mx",protocol="smtp"} 1',
      '{service="pop",protocol="pop3"} 2',
    ]);
  });

  test("has what it counted, and what there is now", () => {
    const meter = new Meter();
    meter.add("protowrap_messages_total", 5);
    const one = service("mx", meter, 0, { ...NONE, workers: 2 });
    expect(shown([one], "protowrap_messages_total")).toEqual(['{service="mx",protocol="smtp"} 5']);
    expect(shown([one], "protowrap_workers")).toEqual(['{service="mx",protocol="smtp"} 2']);
  });

  test("that is not measured is not shown", () => {
    expect(shown([service("mx", null, 1)], "protowrap_clients")).toEqual([]);
  });

  test("that came back while an earlier one still has clients is shown once, with all of them", () => {
    const meter = new Meter();
    const listeners = [service("mx", meter, 2, { ...NONE, workers: 1 }), service("mx", meter, 3)];
    expect(shown(listeners, "protowrap_clients")).toEqual(['{service="mx",protocol="smtp"} 5']);
    expect(shown(listeners, "protowrap_workers")).toEqual(['{service="mx",protocol="smtp"} 1']);
    expect(shown(listeners, "protowrap_messages_total")).toHaveLength(1);
  });
});

test("of certificates with one name the first to end is shown", () => {
  const certificates = [
    { name: "a.test", until: 5_000_000 },
    { name: "b.test", until: 7_000_000 },
    { name: "a.test", until: 4_000_000 },
  ];
  expect(
    shown(
      [service(null, new Meter(), 0, { ...NONE, certificates })],
      "protowrap_certificate_expiry_timestamp_seconds",
    ),
  ).toEqual(['{protocol="smtp",name="a.test"} 4000', '{protocol="smtp",name="b.test"} 7000']);
});

test("a server that is left alone is shown, and one of two alike is enough", () => {
  const servers = [
    { destination: "a.test:25", isUp: true },
    { destination: "b.test:25", isUp: false },
    { destination: "b.test:25", isUp: true },
  ];
  expect(shown([service(null, new Meter(), 0, { ...NONE, servers })], "protowrap_server_up")).toEqual([
    '{protocol="smtp",destination="a.test:25"} 1',
    '{protocol="smtp",destination="b.test:25"} 0',
  ]);
});

test("lines of the log that were lost are shown once for all services, faults for each and for none", () => {
  const common = new Meter();
  common.add("protowrap_log_lines_lost_total", 7);
  common.add("protowrap_faults_total", 2);
  const listeners = [service("mx", new Meter()), service("pop", new Meter(), 0, NONE, "pop3")];
  expect(shown(listeners, "protowrap_log_lines_lost_total", common)).toEqual([" 7"]);
  expect(shown(listeners, "protowrap_faults_total", common)).toEqual([
    '{service="mx",protocol="smtp"} 0',
    '{service="pop",protocol="pop3"} 0',
    " 2",
  ]);
});
