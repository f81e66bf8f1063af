// Calls into a module from outside: what it throws and what it gives are judged at once, and the fault names the place
// and the author's own method. Knows no protocol.

import { SessionFault } from "../../session/fault.ts";
import { messageOf, type Origin } from "./blame.ts";
import type { Check } from "./step.ts";

export class Guard {
  readonly #origin: Origin;
  readonly #Fault: new (
    message: string,
    options?: ErrorOptions,
  ) => Error;

  /** @param Fault what becomes of a mistake: an error of the start, or the end of a session */
  constructor(origin: Origin, Fault: new (message: string, options?: ErrorOptions) => Error) {
    this.#origin = origin;
    this.#Fault = Fault;
  }

  /** @param faultOf what is wrong with what the method gave, or null */
  call<T>(method: string, work: () => T, faultOf: Check): T {
    let given: T;
    try {
      given = work();
    } catch (cause) {
      if (cause instanceof SessionFault) throw cause; // it has been blamed, or is none of the author's
      throw new this.#Fault(`${this.#origin.placeOf(cause)}: ${method}() threw ${messageOf(cause)}`, {
        cause,
      });
    }
    const fault = faultOf(given);
    if (fault !== null) throw new this.#Fault(`${this.#origin.path}: ${method}(): ${fault}`);
    return given;
  }
}
