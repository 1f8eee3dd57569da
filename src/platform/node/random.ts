import { randomBytes, randomInt } from 'node:crypto';
import { v4 } from 'uuid';
import type { Random } from '../platform.js';

/** The kernel's random numbers. */
export const nodeRandom: Random = {
  bytes: (count) => randomBytes(count),
  int: (below) => randomInt(below),
  uuid: () => v4(),
};
