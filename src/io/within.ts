// A promise with a limit. Knows the clock and nothing else.

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
