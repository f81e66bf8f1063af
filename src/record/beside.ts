// Up to which level others than the log are told of what happens, whatever the log's own is: who counts (meter.ts), and who
// says it in other words (dialect.ts). Knows a number.

export const BESIDE_LEVEL = 2;
