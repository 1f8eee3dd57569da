import type { Statfs } from '../../../fop/fops.js';

/** What fits on all copies is what fits on the fullest one. */
export function fullest(all: readonly Statfs[]): Statfs | undefined {
  return all.toSorted((one, other) => bytesLeft(one) - bytesLeft(other))[0];
}

function bytesLeft({ bavail, frsize }: Statfs): number {
  return bavail * frsize;
}
