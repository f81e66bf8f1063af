// The same door, which greets once more in TLS, as ManageSieve does (RFC 5804 section 2.2): the new conversation's first
// answer goes to the client.

import secured from "../secured/secured.ts";
import type { Kit, Protocol } from "./protowrap-protocol.js";

export default function greeting(kit: Kit): Protocol<ReturnType<typeof secured>["options"]> {
  return { ...secured(kit), name: "greeting", greetsSecured: true };
}
