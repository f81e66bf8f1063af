// Knows what long lists cost before the greeting: each in turn, beside the same wrapper without it. The client has an
// address, so that networks are looked through for it.
import type { Measure } from "./measures.ts";
import { SOCKET } from "./os.ts";
import { Session } from "./session.ts";
import type { Stage } from "./stage.ts";
import type { Subject } from "./subjects.ts";

const MANY = 100_000;
const RULES = 1000;

interface List {
  readonly id: string;
  readonly name: string;
  /** What it is given by. */
  options(stage: Stage): readonly string[];
}

/** The same ones each time, all over the address space. */
const network = (index: number) => {
  const bits = (index * 2654435761) >>> 0;
  const address = `${1 + ((bits >>> 24) % 223)}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}`;
  return index % 2 === 0 ? `${address}.0/24` : `${address}.${bits & 255}`;
};

const inFile = (option: string, id: string, count: number, line: (index: number) => string) => ({
  options: (stage: Stage) => {
    const lines = Array.from({ length: count }, (_, index) => `${line(index)}\n`);
    return [option, `file:${stage.file(id, lines.join(""))}`];
  },
});

const rule = (index: number) => `sales${index}@.*\\.offers${index % 50}\\.(com|net)$`;

const LISTS: readonly List[] = [
  { id: "networks", name: "100,000 networks", ...inFile("--block-ip", "networks", MANY, network) },
  {
    id: "domains",
    name: "100,000 domains",
    ...inFile("--relay-domain", "domains", MANY, (index) => `mail${index}.customer${index % 977}.test`),
  },
  {
    id: "recipients",
    name: "100,000 recipients",
    ...inFile("--recipient", "recipients", MANY, (index) => `first.last${index}@bench.test`),
  },
  { id: "rules", name: "1,000 address rules", ...inFile("--block-address", "rules", RULES, rule) },
  {
    id: "rules-given",
    name: "1,000 address rules on the command line",
    options: () => Array.from({ length: RULES }, (_, index) => ["--block-address", rule(index)]).flat(),
  },
];

const options = new Map<List, readonly string[]>();

/** The figure is how many times the greeting without the list that is. */
export const lists: readonly Measure[] = LISTS.map((list) => ({
  rows: [
    {
      id: `lists-${list.id}`,
      name: `greeting with ${list.name}`,
      unit: "× without",
      aim: { of: "value", at: "most", limit: 1.6 },
    },
  ],
  rounds: 30,
  quickRounds: 10,
  async sample(subject, stage) {
    if (!options.has(list)) options.set(list, list.options(stage));
    const without = await greetingOf(subject, stage, []);
    return [(await greetingOf(subject, stage, options.get(list)!)) / without];
  },
}));

async function greetingOf(subject: Subject, stage: Stage, words: readonly string[]): Promise<number> {
  const session = new Session(subject.command("smtp", stage.greeting, words), SOCKET, stage.errors);
  try {
    session.chunk();
    const took = performance.now() - session.started;
    session.ask("QUIT", "221");
    return took;
  } finally {
    await session.end();
  }
}
