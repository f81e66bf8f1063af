// The commands there are besides the protocols, each with what it is for. Knows their names; runs none of them.

export const COMMANDS = {
  serve: "every service of a configuration file, in one",
  check: "what is wrong with a configuration, and what follows from it",
  config: "every value in effect, and where it came from",
  explain: "what becomes of each line of a transcript, and by which rule",
  sink: "a small server that keeps messages in a Maildir",
  demo: "both small servers behind the wrapper, and a conversation",
  completion: "the script that completes our command lines in a shell",
} as const;

export type Command = keyof typeof COMMANDS;
