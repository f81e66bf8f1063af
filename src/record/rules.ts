// The rules by which something is refused, as the log names them: a closed list, since filters and reports are
// written against it. Knows names and sentences; not who applies a rule. A protocol from outside declares its own.

/** Each with what it refuses, as the manual says it. */
export const RULES = {
  auth: "AUTH where --auth is off",
  "bad-argument": "a command whose argument has not its form",
  "bare-newline": "a message with CR or LF alone in it",
  "block-address": "a sender or recipient of --block-address",
  "block-ip": "a client of --block-ip",
  "control-octet": "a line with a control octet in it",
  "counted-octets": "BDAT, whose octets are no lines",
  "deleted-message": "a command about a message that was deleted",
  dnsbl: "a client on a list of --dnsbl",
  "early-talker": "a client that spoke before it was greeted",
  "empty-line": "a line with nothing in it",
  "forbidden-command": "a command that is never passed",
  "foreign-protocol": "a line of another protocol, HTTP for one",
  forwarding: "a finger query for another host",
  "line-length": "a line above --max-line-length",
  "login-without-tls": "a login in the clear: --login-without-tls",
  "max-recipients": "a recipient above --max-recipients",
  mechanism: "a mechanism of AUTH that is not offered",
  "message-size": "a message above --max-message-size",
  "mime-ambiguity": "a message that can be read in more ways than --block-body follows",
  "mime-nesting": "a message nested deeper than --block-body follows",
  "no-recipients": "DATA after no recipient was accepted",
  "no-stamp": "APOP where the server's greeting had no stamp",
  "no-such-message": "a number that no message has",
  "not-ascii": "an address that is not ASCII",
  nul: "a message with NUL in it",
  obsolete: "SEND, SOML, SAML, TURN",
  parameter: "a parameter of MAIL or RCPT that was not offered",
  probe: "a command that asks who is here",
  query: "a finger query that is none",
  "queue-run": "ETRN, ATRN",
  recipient: "a recipient that does not exist (550), or of whom no list can tell now (451): --recipient",
  relay: "a recipient this client may not send to",
  "rule-cost":
    "a message that would take --block-body more than 2 seconds of processor time a megabyte; for now only",
  sasl: "authentication data that is none",
  "script-size": "a Sieve script above --max-script-size",
  sequence: "an SMTP command that is not legal now",
  server: "whatever the server said no to",
  "source-route": "an address with a route in it",
  starttls: "STARTTLS or STLS where it is not offered, or not legal now",
  syntax: "a command or address whose grammar is wrong",
  "text-line": "a message with a line that is too long (--long-text)",
  "tls-required": "a command in the clear: --tls required",
  trust: "a command by which a client would be trusted",
  "unknown-command": "a command that is none",
  "wrong-state": "a command of POP3 or ManageSieve that is not legal now",
} as const satisfies Readonly<Record<string, string>>;

/** The entry of --block-body that matched, counted from 1. */
export type ContentRule = `block-body#${number}`;

export const CONTENT_RULE = "the entry of --block-body of that number";

export type Rule = keyof typeof RULES | ContentRule;
