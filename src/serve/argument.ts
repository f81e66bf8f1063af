// The word a worker's process is started with. Alone here because every session's process looks for it.

/** Nothing that anybody types; what a worker is to do it hears later. */
export const WORKER = "--worker";
