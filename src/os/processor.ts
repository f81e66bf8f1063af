// How much of the processor this thread has had: neither what else the machine does, nor that somebody else was let run
// meanwhile, makes anything of ours slow. Knows the runtime's counter.

/** Milliseconds, from the thread's beginning. */
export function processorTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
