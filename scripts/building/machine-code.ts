// Makes machine code of x86-64 from instructions that say both what they are and which octets that takes. Knows
// labels and numbers, and of the instructions only what they say of themselves.

/** What follows an instruction's own octets, always four of them. It stands as $ in its text. */
type Operand = { readonly value: number } | { readonly to: string };

/** As an assembler writes it, and its octets. */
export type Instruction = readonly [text: string, ...octets: (number | Operand)[]];

/** A label, an instruction, or octets that are none, and their label. */
export type Line = string | Instruction | { readonly name: string; readonly data: Uint8Array };

export function value(number: number): Operand {
  return { value: number };
}

/** Counted from the end of the instruction, of which it must be the last part. */
export function to(label: string): Operand {
  return { to: label };
}

/**
 * @param address where it will stand
 * @param elsewhere labels that are no lines of it, and their addresses
 */
export function assemble(
  program: readonly Line[],
  address: number,
  elsewhere: Readonly<Record<string, number>> = {},
): Uint8Array {
  const labels = labelsOf(program, address, elsewhere);
  let at = address;
  return Uint8Array.from(
    program.flatMap((line) => {
      at += sizeOf(line);
      if (typeof line === "string") return [];
      return "data" in line ? [...line.data] : encode(line, at, labels);
    }),
  );
}

/** Every instruction, with its address, as a disassembler would tell it. */
export function listing(
  program: readonly Line[],
  address: number,
  elsewhere: Readonly<Record<string, number>> = {},
): string[] {
  const labels = labelsOf(program, address, elsewhere);
  let at = address;
  return program.flatMap((line) => {
    const start = at;
    at += sizeOf(line);
    if (typeof line === "string" || "data" in line) return [];
    const [text, ...octets] = line;
    const operands = octets.filter((part) => typeof part !== "number");
    const shown = text.replaceAll("$", () => hex(numberOf(operands.shift()!, labels)));
    return [`${hex(start)} ${shown}`];
  });
}

type Labels = ReadonlyMap<string, number>;

function labelsOf(
  program: readonly Line[],
  address: number,
  elsewhere: Readonly<Record<string, number>>,
): Labels {
  const labels = new Map(Object.entries(elsewhere));
  let at = address;
  for (const line of program) {
    const name = typeof line === "string" ? line : "data" in line ? line.name : null;
    if (name !== null && labels.has(name)) throw new Error(`two lines are ${name}`);
    if (name !== null) labels.set(name, at);
    at += sizeOf(line);
  }
  return labels;
}

const OPERAND_SIZE = 4;

function sizeOf(line: Line): number {
  if (typeof line === "string") return 0;
  if ("data" in line) return line.data.length;
  const [, ...octets] = line;
  return octets.reduce<number>((sum, part) => sum + (typeof part === "number" ? 1 : OPERAND_SIZE), 0);
}

function encode([text, ...octets]: Instruction, end: number, labels: Labels): number[] {
  return octets.flatMap((part, index) => {
    if (typeof part === "number") return [part];
    const isDistance = "to" in part;
    if (isDistance && index !== octets.length - 1) throw new Error(`${text}: octets follow the distance`);
    const number = numberOf(part, labels) - (isDistance ? end : 0);
    const lowest = isDistance ? -(2 ** 31) : 0;
    if (number < lowest || number >= lowest + 2 ** 32) throw new Error(`${text}: ${number} takes more room`);
    return [...new Uint8Array(Uint32Array.of(number).buffer)];
  });
}

function numberOf(operand: Operand, labels: Labels): number {
  if ("value" in operand) return operand.value;
  const address = labels.get(operand.to);
  if (address === undefined) throw new Error(`no line is ${operand.to}`);
  return address;
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
