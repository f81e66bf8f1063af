// The protocols under test with the options a test gets unless it says otherwise; shared by the transcripts
// and the invariants. A new protocol is tested by being listed here.

import { finger } from "../src/protocols/finger.ts";
import { line } from "../src/protocols/line.ts";
import { pop3 } from "../src/protocols/pop3/pop3.ts";
import type { Protocol } from "../src/protocols/protocol.ts";
import type { Subject } from "./transcripts.ts";

export const PROTOCOLS: Record<string, Subject> = {
  pop3: subject(pop3, { maxLineLength: 255, maxLoginAttempts: 3, loginDelay: 3, auth: "off" }),
  line: subject(line, { maxLineLength: 200, onLongLine: "truncate", finalLine: "drop" }),
  finger: subject(finger, { maxLineLength: 512 }),
};

function subject<Options extends object>(protocol: Protocol<Options>, options: Options): Subject {
  return { protocol: protocol as unknown as Protocol<never>, options };
}
