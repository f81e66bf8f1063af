// Writes into the manual what is made from lists in the source. The tests hold one against the other.

import { withLists } from "./documenting/log.ts";

const page = Bun.file(new URL("../man/protowrap.8", import.meta.url));
await Bun.write(page, withLists(await page.text()));
