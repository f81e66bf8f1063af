// The runtime's compiler, which the executable starts without (scripts/build.ts): a short dialogue runs everything
// once, and much data is worth compiling for. Knows how much there was; nothing of what it is.

/** Octets that make a session more than a short dialogue. */
const MUCH = 65536;

export class Compiler {
  #octets = 0;

  sees(octets: number): void {
    if (this.#octets >= MUCH) return;
    this.#octets += octets;
    if (this.#octets >= MUCH) Bun.unsafe.setJITPolicy(1);
  }
}
