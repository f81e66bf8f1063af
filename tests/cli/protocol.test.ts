// The file that a protocol's options stand in: what is read while others are served.

import { expect, test } from "bun:test";
import { protocolOf, settingsFor } from "../../src/cli/protocol.ts";

test("a file that a listener reads again has an end; who serves one client reads what there is", async () => {
  const smtp = await protocolOf("smtp");
  const argv = ["--config", "null"];
  await expect(settingsFor(smtp, argv, {}, "/dev")).rejects.toThrow(
    '--config: expected a regular file, got "null"',
  );
  expect((await settingsFor(smtp, ["--config", "/dev/null"])).file?.path).toBe("/dev/null");
});
