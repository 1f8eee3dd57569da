/** Looks every few milliseconds until `look` answers something, or throws what it threw last when time is up. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let why: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      why = undefined;
    } catch (error) {
      why = error;
    }
    if (performance.now() > end)
      throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: why });
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
