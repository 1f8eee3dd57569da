import type { Explanation } from './explanation.js';

/** HFS-32: the lists of servers, and the content of the copies. */
export const VERIFICATION = {} as const satisfies Readonly<Record<string, Explanation>>;
