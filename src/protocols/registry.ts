// The protocols there are: one line each. A session loads its own and no other.

import type { Protocol } from "./protocol.ts";

type Loader = () => Promise<Protocol<never>>;

export const PROTOCOLS: Readonly<Record<string, Loader>> = {
  finger: async () => (await import("./finger.ts")).finger as Protocol<never>,
  line: async () => (await import("./line.ts")).line as Protocol<never>,
  pop3: async () => (await import("./pop3/pop3.ts")).pop3 as Protocol<never>,
  smtp: async () => (await import("./smtp/smtp.ts")).smtp as Protocol<never>,
};
