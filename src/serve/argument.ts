// The words that processes of a listener are started with. Alone here because every session's process looks for them.

/** Nothing that anybody types; what a worker is to do it hears later. */
export const WORKER = "--worker";

/** The process that asks blackhole lists for a worker. */
export const NAMES = "--names";

/** The process that answers Prometheus for a supervisor. */
export const SCRAPER = "--scraper";

/** The process that counts guesses where many count. */
export const KEEPER = "--keeper";
