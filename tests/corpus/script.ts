// One attack script and the corpus they come in. Knows the file's form, not how a script is played.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** One code unit of every text is one octet. Exactly one of the first seven is there, `repeat` beside `send`. */
export interface Step {
  send?: string;
  repeat?: number;
  expect?: string;
  expectOnly?: string;
  close?: boolean;
  expectClose?: boolean;
  sleep?: number;
  /** Not half a close but a reset: the client is gone. */
  reset?: boolean;
}

export interface Script {
  id: string;
  protocol: string;
  options?: Record<string, unknown>;
  script: Step[];
  serverMustSee?: string[];
  serverMustNotSee?: string[];
  note?: string;
  source?: string;
}

const REPOSITORY = resolve(import.meta.dir, "../..");

/** The one that is worked on lies beside the repository; a clone alone has the copy that was the last one here. */
const CORPORA = [resolve(REPOSITORY, "../shared/corpus/attacks.jsonl"), `${import.meta.dir}/attacks.jsonl`];

export function readCorpus(): Script[] {
  const path = process.env.PROTOWRAP_CORPUS ?? CORPORA.find((one) => existsSync(one))!;
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line));
}

/** Ids of scripts that belong to work not done yet, each with the reason. */
export function readPending(): Record<string, string> {
  return JSON.parse(readFileSync(resolve(import.meta.dir, "pending.json"), "utf8"));
}
