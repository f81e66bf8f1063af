// The process that answers Prometheus: HTTP for whoever may reach it, and one question to its supervisor, who talks to no
// network. It has no client of any service, and out of every right once it listens. Knows HTTP; the numbers are its
// supervisor's.

import { lchownSync, lstatSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { setPriority } from "node:os";
import { EXIT, type ExitCode } from "../exit.ts";
import { within } from "../io/within.ts";
import type { MetricsPlace } from "../options/metrics.ts";
import { confineWorker } from "../os/filter.ts";
import { become, type Identity } from "../os/identity.ts";
import { reasonFor } from "../os/listening.ts";
import { lockDown } from "../os/sandbox.ts";
import { protectStderr } from "../os/stderr.ts";
import { control } from "../serve/control.ts";
import { MOST_NUMBERS, readScrapeOrder, type ScrapeReport, write } from "../serve/scrapes.ts";

/** Where its supervisor is. */
const CONTROL = 3;
/** Descriptors: of those who ask, and what the runtime needs. */
const DESCRIPTORS = 1024n;
/** Seconds for the supervisor to answer; whoever asks has ten to say what, as the runtime has it. */
const ANSWER = 5;
/** Milliseconds in which a place may become free, and between tries. */
const TAKEN = { patience: 2000, pause: 50 };
/** As nice(1) has it. */
const LOWEST = 19;
/** The owner's and the group's. */
const MODE = 0o660;

const TEXT = "text/plain; version=0.0.4; charset=utf-8";

export async function scraper(): Promise<ExitCode> {
  protectStderr();
  // As a worker: it is the supervisor who decides what follows.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const over = Promise.withResolvers<ExitCode>();
  const waiting: ((text: string) => void)[] = [];
  const say = (report: ScrapeReport) => link.send(write(report));
  const ask = () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    // Whoever asks while somebody waits is answered with him.
    if (waiting.push(resolve) === 1) say({ word: "ask" });
    return promise;
  };
  const obey = async (line: string) => {
    const order = readScrapeOrder(line);
    if (order.word === "numbers") {
      for (const resolve of waiting.splice(0)) resolve(order.text);
      return;
    }
    try {
      await listenSoon(order.place, order.identity, ask);
      confine(order.identity);
      say({ word: "ready" });
    } catch (error) {
      say({ word: "broken", ...lackOf(error) });
    }
  };
  const link = await control(
    CONTROL,
    (line) => void obey(line).catch(() => over.resolve(EXIT.software)),
    () => over.resolve(EXIT.ok),
    MOST_NUMBERS,
  );
  return over.promise;
}

/** Whoever was there for a supervisor that has just gone is about to leave. */
async function listenSoon(...of: Parameters<typeof listen>): Promise<void> {
  const end = performance.now() + TAKEN.patience;
  for (;;) {
    try {
      return await listen(...of);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || performance.now() > end) throw error;
      await Bun.sleep(TAKEN.pause);
    }
  }
}

async function listen(
  place: MetricsPlace,
  identity: Identity | null,
  ask: () => Promise<string>,
): Promise<void> {
  const answering = {
    maxRequestBodySize: 1024,
    development: false,
    fetch: (request: Request) => answer(request, ask),
    error: () => new Response("", { status: 500 }),
  } as const;
  if (!("path" in place)) {
    Bun.serve({ ...answering, hostname: place.host, port: place.port });
    return;
  }
  await clear(place.path);
  const before = process.umask(0o777 & ~MODE);
  Bun.serve({ ...answering, unix: place.path });
  process.umask(before);
  // Not of what a link in its place would lead to, by now.
  if (identity !== null) lchownSync(place.path, identity.uid, identity.gid);
}

/** A socket that somebody left there, and nobody listens at. @throws for what is none, or somebody's */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket())
    throw Object.assign(new Error("there is a file of that name, which is no socket"), { code: "EEXIST" });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true)).on("error", () => resolve(false));
  const isHeard = await promise;
  socket.destroy();
  if (isHeard) throw Object.assign(new Error(), { code: "EADDRINUSE" });
  unlinkSync(path);
}

async function answer(request: Request, ask: () => Promise<string>): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return new Response("", { status: 405, headers: { allow: "GET, HEAD" } });
  // In HTTP/1.0 there may be no host.
  if (new URL(request.url, "http://localhost").pathname !== "/metrics")
    return new Response("/metrics\n", { status: 404 });
  const text = await within(ask(), ANSWER);
  if (text === null) return new Response("", { status: 503 });
  return new Response(text, { headers: { "content-type": TEXT } });
}

function confine(identity: Identity | null): void {
  process.chdir("/");
  // Nobody who asks for numbers may take time from sessions.
  setPriority(LOWEST);
  if (identity !== null) become(identity);
  lockDown(DESCRIPTORS);
  confineWorker("numbers");
}

function lackOf(error: unknown): { readonly text: string; readonly code?: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return { text: message };
  return { text: reasonFor(code) ?? message, code };
}
