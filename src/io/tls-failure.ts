// A client that was to speak TLS and does not. Knows why; nothing of how that was found out.

import type { Reason } from "../record/entry.ts";

export class TlsFailure extends Error {
  override readonly name = "TlsFailure";

  constructor(readonly reason: Exclude<Reason<"tls-failed">, "injected">) {
    super(`no TLS: ${reason}`);
  }
}
