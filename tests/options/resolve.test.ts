// Values for one client: what is the same for all is made once.

import { expect, test } from "bun:test";
import { resolve } from "../../src/options/resolve.ts";
import type { PassedSettings } from "../../src/options/settings.ts";
import { settingsOf } from "../../src/options/settings.ts";
import { NETWORKS, type Table, TEXT } from "../../src/options/table.ts";

const table = {
  name: { takes: TEXT, default: "y", group: "X", help: "x" },
  "block-ip": { takes: NETWORKS, group: "X", help: "x", list: true },
} as const satisfies Table;
const other = { name: table.name } as const satisfies Table;

const settings: PassedSettings = settingsOf({ name: "x", "block-ip": ["192.0.2.0/24"] });

test("where nothing is asked about a client all have the same values, by table", async () => {
  const resolved = await resolve(settings, table);
  const [one, two] = [resolved("192.0.2.1"), resolved(null)];
  expect(one.prepare).toBeNull();
  expect(one.read(table)).toBe(two.read(table));
  expect(one.read(table).blockIp.has("192.0.2.9")).toBe(true);
  expect(one.read(other)).toEqual({ name: "x" });
});
