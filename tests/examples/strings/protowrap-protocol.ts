// The types as a module from outside imports them. The release has them beside the executable, as one file.

export type * from "../../../src/protocols/module.ts";
