// From what a session knows of a login to what stands for it where guesses are counted: whatever is behind it sees neither
// a name nor a password.

import type { Throttling } from "../io/throttling.ts";
import { networkOf } from "../policy/neighbourhood.ts";
import type { Asking } from "./client.ts";
import { tagOf, userName } from "./hashing.ts";

/** @param keyOf the key of tags; null where there is none, and each try is another guess */
export function throttlingBy(keyOf: () => string | null, address: string | null, asking: Asking): Throttling {
  const network = networkOf(address);
  return {
    ask({ user: name, password }) {
      const user = name === undefined ? null : userName(name);
      const key = user === null || password === undefined ? null : keyOf();
      return asking.ask(user, key === null ? null : tagOf(key, network, user!, password!));
    },
    settle: (decision) => asking.settle(decision),
    blame: (penalty) => asking.blame(penalty),
  };
}
