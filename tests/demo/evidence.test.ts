// The log and the record as the narration reads them.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { entriesOf, Growing } from "../../src/demo/evidence.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "protowrap-evidence-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a growing file gives what is new, once; one that is not there yet gives nothing", () => {
  const path = join(directory, "log");
  const growing = new Growing(path);
  expect(growing.take()).toBe("");
  appendFileSync(path, "one\n");
  expect(growing.take()).toBe("one\n");
  expect(growing.take()).toBe("");
  appendFileSync(path, Buffer.from("tw\xe9", "latin1"));
  expect(growing.take()).toBe("tw\xe9");
});

test("fields are found whatever is before and between them, quoted ones whole", () => {
  const [entry, ...rest] = entriesOf(
    'Nov 20 12:00:00 protowrap-smtp[7]: session=1 event=refused line="RCPT TO:<a b=c@d>" reply="550 \\"no\\"" rule=relay\n\n',
  );
  expect(rest).toEqual([]);
  expect(entry!.get("event")).toBe("refused");
  expect(entry!.get("line")).toBe("RCPT TO:<a b=c@d>");
  expect(entry!.get("reply")).toBe('550 \\"no\\"');
  expect(entry!.get("rule")).toBe("relay");
  expect(entry!.has("b")).toBe(false);
});
