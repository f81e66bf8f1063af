// Writes into the manual what is made from lists in the source, and from files that ship. The tests hold one against the
// other.

import { readFileSync } from "node:fs";
import { withExtensions } from "./documenting/extensions.ts";
import { withShown } from "./documenting/files.ts";
import { withLists } from "./documenting/log.ts";
import { withMetrics } from "./documenting/metrics.ts";

const root = new URL("..", import.meta.url);
const page = Bun.file(new URL("man/protowrap.8", root));
await Bun.write(page, withExtensions(withMetrics(withLists(await page.text()))));

const setups = Bun.file(new URL("man/protowrap-setups.7", root));
await Bun.write(
  setups,
  withShown(await setups.text(), (path) => readFileSync(new URL(path, root), "utf8")),
);
