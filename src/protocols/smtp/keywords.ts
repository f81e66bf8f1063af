// The extensions of SMTP by their EHLO keywords: those a client is offered when the server offers them, and why it is
// not offered the others. A closed list: what is in neither is not offered, until somebody has thought about it. Knows
// keywords; how a reply is re-written is in extensions.ts.

/**
 * What passes: data stays line-structured (8BITMIME), parameters are checked (DSN), replies keep order (PIPELINING:
 * lock-step makes it true) and codes (ENHANCEDSTATUSCODES: our own carry them). SIZE, AUTH
 * and with --smtputf8 pass SMTPUTF8 pass, too, each in its own way.
 */
export const KEPT: ReadonlySet<string> = new Set(["8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "PIPELINING"]);

const COUNTED =
  "a message of counted octets has no lines: what is in it, and what ends it, could not be judged";
const UNSEEN = "the server would take in what nobody here has seen";
const TRUST = "a client could say that it is somebody else";
const QUEUE = "starts the delivery of waiting mail, which is not a stranger's to start";
const PROBE = "tells strangers which users there are, or which server this is";
const EACH = "a message would have an answer for each of its recipients";
const EARLY = "commands would come before the greeting, and before what is offered was known";
const OBSOLETE = "obsolete";
const PARAMETERS = "its parameters and commands are not parsed here, and nothing passes that is not";

/** Why each of those is kept from clients that servers are known to offer. */
export const LOST: Readonly<Record<string, string>> = {
  BINARYMIME: COUNTED,
  CHUNKING: COUNTED,
  BURL: UNSEEN,
  CHECKPOINT: UNSEEN,
  PIPECONNECT: EARLY,
  PRDR: EACH,
  STARTTLS: "inside the server's own TLS nothing could be judged: TLS with clients is ours (--tls)",
  REQUIRETLS: "how a message goes on behind the server is not ours to promise",
  SMTPUTF8: "addresses beyond ASCII pass with --smtputf8 pass only",
  XCLIENT: TRUST,
  XEXCH50: TRUST,
  XFORWARD: TRUST,
  ATRN: QUEUE,
  ETRN: QUEUE,
  EXPN: PROBE,
  HELP: PROBE,
  VRFY: PROBE,
  ONEX: OBSOLETE,
  SAML: OBSOLETE,
  SEND: OBSOLETE,
  SOML: OBSOLETE,
  TIME: OBSOLETE,
  TURN: OBSOLETE,
  UTF8SMTP: OBSOLETE,
  VERB: OBSOLETE,
  CONNEG: PARAMETERS,
  CONPERM: PARAMETERS,
  DELIVERBY: PARAMETERS,
  FUTURERELEASE: PARAMETERS,
  LIMITS: PARAMETERS,
  "MT-PRIORITY": PARAMETERS,
  MTRK: PARAMETERS,
  "NO-SOLICITING": PARAMETERS,
  RRVS: PARAMETERS,
  SUBMITTER: PARAMETERS,
};

/** Of all that is in no list. */
export const UNKNOWN = "not known here, so that nobody has thought about what it would open";
