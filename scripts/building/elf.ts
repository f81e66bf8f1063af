// Knows of an ELF executable what of it is mapped and where it begins, and puts code in front of that. Must not
// know what the code does.

const MAGIC = 0x7f454c46;
const SIXTY_FOUR_BITS = 2;
const LITTLE_ENDIAN = 1;
const X86_64 = 62;
/** One at fixed addresses, and one that the kernel puts anywhere. */
const EXECUTABLES: readonly number[] = [2, 3];

const HEADER = {
  size: 64,
  class: 4,
  order: 5,
  type: 16,
  machine: 18,
  entry: 24,
  segments: 32,
  each: 54,
  count: 56,
};
const SEGMENT_SIZE = 56;
const LOAD = 1;
const NOTE = 4;
const EXECUTE = 1;
const READ = 4;

/** What of the file stands where in memory. */
interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
  readonly align: number;
}

/**
 * Appends code, and has the kernel map it in place of the last note, which nobody reads who runs the executable
 * (and whoever debugs it finds it by its section). Nothing that was there moves.
 *
 * @param codeFor is told where the code will stand, and where the executable began until now
 * @returns another executable, which begins with the code
 * @throws when it is none of those that are known here: nothing is guessed
 */
export function beginningWith(
  executable: Uint8Array,
  codeFor: (address: number, entry: number) => Uint8Array,
): Uint8Array {
  const view = viewOf(executable);
  const segments = segmentsOf(view);
  const entry = numberAt(view, HEADER.entry);
  const loads = segments.filter(({ type }) => type === LOAD);
  if (!loads.some((load) => isCode(load, entry))) throw unexpected("it begins where no code is");
  // The kernel wants what it maps in the order of the addresses, and the code is behind everything else.
  if (segments.at(-1)?.type !== NOTE) throw unexpected("its last segment is no note");

  const align = Math.max(...loads.map((load) => load.align));
  const offset = roundUp(executable.length, align);
  const address = roundUp(Math.max(...loads.map((load) => load.address + load.memorySize)), align);
  const code = codeFor(address, entry);
  const result = new Uint8Array(offset + code.length);
  result.set(executable);
  result.set(code, offset);
  const size = { fileSize: code.length, memorySize: code.length };
  const last = numberAt(view, HEADER.segments) + (segments.length - 1) * SEGMENT_SIZE;
  writeSegment(result, last, { type: LOAD, flags: READ | EXECUTE, offset, address, ...size, align });
  viewOf(result).setBigUint64(HEADER.entry, BigInt(address), true);
  return result;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function segmentsOf(view: DataView): Segment[] {
  if (view.byteLength < HEADER.size || view.getUint32(0) !== MAGIC) throw unexpected("it is no ELF file");
  if (view.getUint8(HEADER.class) !== SIXTY_FOUR_BITS || view.getUint8(HEADER.order) !== LITTLE_ENDIAN)
    throw unexpected("it is not of 64 bits, or the high ones come first");
  if (view.getUint16(HEADER.machine, true) !== X86_64) throw unexpected("it is not for x86-64");
  if (!EXECUTABLES.includes(view.getUint16(HEADER.type, true))) throw unexpected("it cannot be run");
  if (view.getUint16(HEADER.each, true) !== SEGMENT_SIZE)
    throw unexpected("its segments are described otherwise");
  const first = numberAt(view, HEADER.segments);
  const count = view.getUint16(HEADER.count, true);
  if (first + count * SEGMENT_SIZE > view.byteLength) throw unexpected("it is cut off");
  return Array.from({ length: count }, (_, index) => readSegment(view, first + index * SEGMENT_SIZE));
}

function readSegment(view: DataView, at: number): Segment {
  return {
    type: view.getUint32(at, true),
    flags: view.getUint32(at + 4, true),
    offset: numberAt(view, at + 8),
    address: numberAt(view, at + 16),
    fileSize: numberAt(view, at + 32),
    memorySize: numberAt(view, at + 40),
    align: numberAt(view, at + 48),
  };
}

function writeSegment(executable: Uint8Array, at: number, segment: Segment): void {
  const view = viewOf(executable);
  const { address } = segment;
  view.setUint32(at, segment.type, true);
  view.setUint32(at + 4, segment.flags, true);
  const { offset, fileSize, memorySize, align } = segment;
  for (const [index, value] of [offset, address, address, fileSize, memorySize, align].entries())
    view.setBigUint64(at + 8 + index * 8, BigInt(value), true);
}

function isCode({ flags, address, fileSize }: Segment, entry: number): boolean {
  return (flags & EXECUTE) !== 0 && entry >= address && entry < address + fileSize;
}

function numberAt(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw unexpected("it has a number beyond all sizes");
  return value;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function unexpected(what: string): Error {
  return new Error(`the executable is not as expected: ${what}`);
}
