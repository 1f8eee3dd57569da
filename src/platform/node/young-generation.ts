import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Lets the young generation of this process's heap grow to `maxBytes` and not much further. Node itself begins with a megabyte in each
 * half, which 64 requests under way outlive, so that each collection copies them; and ends at sixteen, which a process keeps for long.
 */
export function boundYoungGeneration(maxBytes: number): void {
  const adjust = (): void => {
    const factor = youngBytes() < maxBytes ? 2 : 1;
    setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  };
  adjust();
  new PerformanceObserver(adjust).observe({ entryTypes: ['gc'] });
}

/** Both halves. */
function youngBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
}
