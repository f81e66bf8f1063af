// Knows the command line of the bench and the order of a run: every round takes one sample of each subject,
// socat first, so that whatever else the machine does falls on all of them alike.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { chart } from "./benchmark/chart.ts";
import { benchListeners } from "./benchmark/listening.ts";
import { type Measure, measures } from "./benchmark/measures.ts";
import { failures, json, machine, machineLine, table } from "./benchmark/report.ts";
import { judge, type Outcome, type Result, summarise } from "./benchmark/results.ts";
import { Stage } from "./benchmark/stage.ts";
import { type Subject, wrappers, yardstick } from "./benchmark/subjects.ts";

const USAGE = `usage: npm run bench -- [options]
  --quick                fewer rounds
  --all                  also body rules and the shapes a hostile client chooses
  --only ID              only the measures whose id begins so; repeatable
  --wrapper [NAME=]PATH  measure this executable (default dist/protowrap); repeatable, all in one run
  --listen               measure listeners instead: protowrap --listen, beside socat's fork, tcpserver and HAProxy
  --json FILE            where the figures go (default bench.json)
  --svg FILE             draw them
  --check                exit 1 when a floor is missed or a measure failed`;

async function take(
  measure: Measure,
  subjects: readonly Subject[],
  stage: Stage,
  rounds: number,
): Promise<Result[]> {
  const samples = new Map<Subject, number[][]>(subjects.map((subject) => [subject, []]));
  const failed = new Map<Subject, string>();
  // Round 0 warms caches and is not kept.
  for (let round = 0; round <= rounds; round++) {
    for (const subject of subjects) {
      if (failed.has(subject)) continue;
      stage.complaint();
      try {
        const sample = await measure.sample(subject, stage);
        if (round > 0) samples.get(subject)!.push([...sample]);
      } catch (error) {
        const complaint = stage.complaint();
        failed.set(subject, `${(error as Error).message}${complaint && `; it said: ${complaint}`}`);
      }
    }
  }
  return measure.rows.map((row, index) => {
    const figureOf = (subject: Subject) =>
      failed.has(subject) ? undefined : summarise(samples.get(subject)!.map((sample) => sample[index]!));
    const base = figureOf(yardstick);
    const outcomes = subjects.map((subject): [string, Outcome] => {
      const figure = figureOf(subject);
      if (!figure) return [subject.name, { failure: failed.get(subject)!, verdict: "FAILED" }];
      if (subject === yardstick) return [subject.name, { figure, verdict: "" }];
      return [subject.name, judge(row, figure, base)];
    });
    return { row, rounds, outcomes: new Map(outcomes) };
  });
}

function chosen(only: readonly string[], all: boolean): Measure[] {
  const id = (measure: Measure) => measure.rows[0]!.id;
  const unknown = only.find((wanted) => !measures.some((measure) => id(measure).startsWith(wanted)));
  if (unknown !== undefined) {
    throw new Error(`--only: expected one of ${measures.map(id).join(" ")}, got "${unknown}"`);
  }
  if (only.length === 0) return measures.filter(({ extra }) => all || !extra);
  return measures.filter((measure) => only.some((wanted) => id(measure).startsWith(wanted)));
}

function options() {
  return parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      wrapper: { type: "string", multiple: true, default: ["dist/protowrap"] },
      json: { type: "string", default: "bench.json" },
      listen: { type: "boolean", default: false },
      svg: { type: "string" },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;
}

async function main(): Promise<number> {
  const { quick, all, only, wrapper, json: jsonFile, svg, check, listen, help } = options();
  if (help) {
    console.log(USAGE);
    return 0;
  }
  const subjects = [yardstick, ...wrappers(wrapper)];
  const names = subjects.map(({ name }) => name);
  const about = machine();

  const stage = new Stage();
  const leave = () => {
    stage.remove();
    process.exit(130);
  };
  process.on("SIGINT", leave).on("SIGTERM", leave);
  if (listen) {
    try {
      await benchListeners(resolve(wrapper.at(-1)!), only, stage, quick ? 2 : 5);
    } finally {
      stage.remove();
    }
    console.log(machineLine(about));
    return 0;
  }
  const results: Result[] = [];
  try {
    for (const measure of chosen(only, all)) {
      console.error(`${measure.rows[0]!.id} …`);
      results.push(...(await take(measure, subjects, stage, quick ? measure.quickRounds : measure.rounds)));
    }
  } finally {
    stage.remove();
  }

  const failed = failures(results);
  console.log(table(results, names));
  console.log("\nMedians, quartiles in parentheses; ratios are to socat -b 65536 in the same run.");
  console.log(machineLine(about));
  for (const line of failed) console.log(`FAILED ${line}`);

  const commands = Object.fromEntries(
    subjects.map((one) => [one.name, one.command("smtp", ["SERVER"]).join(" ")]),
  );
  await Bun.write(
    jsonFile,
    json(results, { date: new Date().toISOString(), quick, machine: about, commands }),
  );
  if (svg !== undefined) await Bun.write(svg, chart(results, names, machineLine(about)));

  const missed = results.some(({ outcomes }) =>
    [...outcomes.values()].some(({ verdict }) => verdict === "FLOOR MISSED" || verdict === "FAILED"),
  );
  return check && missed ? 1 : 0;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  return 64;
});
