// Knows Python's poplib, and asks it for everything POP3 has to offer.

import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { run } from "./process.ts";

// An answer is printed as Python sees it: replies, lines and octet counts.
const script = `
import poplib, sys
server = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=15)
server.user("kituser")
server.pass_("kitpass")
print(server.stat())
print(server.list())
print(server.uidl())
for number in range(1, int(sys.argv[2]) + 1):
    print(server.list(number))
    print(server.uidl(number))
    print(server.top(number, 3))
    print(server.retr(number))
server.noop()
server.rset()
server.quit()
`;

export const poplib: PopClient = {
  name: "poplib",
  needs: [program("python3")],
  fetch: async (scratch, port, count) => {
    const { code, stdout, stderr } = await run(scratch, [
      "python3",
      "-I",
      "-c",
      script,
      `${port}`,
      `${count}`,
    ]);
    if (code !== 0) throw new Error(`poplib exits ${code}: ${stderr}`);
    return stdout.toString("latin1").split("\n");
  },
};
