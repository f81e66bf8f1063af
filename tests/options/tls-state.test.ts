// What of TLS there is to offer: nothing without certificates that are understood, whether at once or when it is asked for.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PemFiles, readPem } from "../../src/options/pem.ts";
import { TlsState } from "../../src/options/tls-state.ts";
import type { Entry } from "../../src/record/entry.ts";
import { makeCertificate } from "../certificate.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-tls-state-"));
afterAll(() => rmSync(directory, { recursive: true }));

const filesOf = (name: string, days = 30): PemFiles => {
  const { certificate, key } = makeCertificate(directory, name, { common: `${name}.test`, days });
  return readPem({ certificates: [certificate], keys: [key] });
};
const good = filesOf("good");
const ended = filesOf("ended", -1);
const wrong: PemFiles = { certificates: good.certificates, keys: [] };

function state(mode: "optional" | "required" | "implicit" = "optional") {
  const told: Entry[] = [];
  const state = new TlsState({ mode, profile: "modern", seconds: 7 }, (entry) => told.push(entry));
  return { state, told, states: () => told.map(({ fields }) => (fields as { state: string }).state) };
}

test("without certificates nothing is offered, and terms are nobody's", () => {
  const { state: one } = state();
  expect(one.offer).toBe("withheld");
  expect(() => one.terms).toThrow("no certificate has been understood");
  expect(state("implicit").state.offer).toBe("off");
});

test("what is loaded is offered, as it is meant to be", async () => {
  for (const mode of ["optional", "required"] as const) {
    const { state: one, told } = state(mode);
    await one.load(good);
    expect(one.offer).toBe(mode);
    expect(one.terms).toMatchObject({ profile: "modern", seconds: 7 });
    expect(one.terms.credentials.map(({ label }) => label)).toEqual(["good.test"]);
    expect(told).toEqual([]);
  }
});

test("what is put off is understood when the offer is asked for, once", async () => {
  const { state: one, states } = state();
  await one.loadLater(ended);
  expect(states()).toEqual([]);
  expect(() => one.terms).toThrow();
  expect([one.offer, one.offer]).toEqual(["optional", "optional"]);
  expect(one.terms.credentials.map(({ label }) => label)).toEqual(["ended.test"]);
  expect(states()).toEqual(["expired"]);
});

test("what is put off is understood when somebody has time, once", async () => {
  const { state: one, states } = state();
  await one.loadLater(ended);
  one.understand();
  expect(one.terms.credentials).toHaveLength(1);
  one.understand();
  expect(one.offer).toBe("optional");
  expect(states()).toEqual(["expired"]);
});

test("what is put off and wrong is told once, and nothing is offered", async () => {
  const { state: one, states } = state();
  await one.loadLater(wrong);
  expect([one.offer, one.offer]).toEqual(["withheld", "withheld"]);
  expect(states()).toEqual(["mismatch"]);
});

test("what is wrong takes nobody's place", async () => {
  const { state: one } = state();
  await one.load(good);
  await expect(one.load(wrong)).rejects.toThrow("expected its key");
  expect(one.offer).toBe("optional");
  expect(one.terms.credentials.map(({ label }) => label)).toEqual(["good.test"]);
});
