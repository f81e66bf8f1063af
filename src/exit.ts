// Exit codes (sysexits.h): part of the contract. What a client does is never a failure of ours.

export const EXIT = {
  ok: 0,
  usage: 64,
  unavailable: 69,
  software: 70,
  system: 71,
  temporary: 75,
  privileges: 77,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
