// Promises with a limit. Knows the clock and nothing else.

/** The promise's value, or null when it takes longer (seconds). */
export async function within<T>(promise: Promise<T>, seconds: number): Promise<T | null> {
  let timer: Timer | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000, null);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns whether the promise was kept within the time (seconds, 0 for no limit); null when it broke */
export async function settled(promise: Promise<unknown>, seconds: number): Promise<boolean | null> {
  let timer: Timer | undefined;
  const kept = promise.then(
    () => true,
    () => null,
  );
  if (seconds === 0) return kept;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, seconds * 1000, false);
  });
  const result = await Promise.race([kept, late]);
  clearTimeout(timer);
  return result;
}
