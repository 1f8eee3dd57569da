import { readFileSync } from 'node:fs';
import { systemCalls } from './syscalls.js';

/** What this process is and may do, as far as it does not change while it runs. */
export interface ProcessFacts {
  /** `20.19.0`. */
  readonly nodeVersion: string;
  /** True where system calls go through koffi, not through Node's own library alone. */
  readonly hasSystemCalls: boolean;
  /** Files that may be open at once; undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly uid: number;
}

export function processFacts(): ProcessFacts {
  return {
    nodeVersion: process.versions.node,
    hasSystemCalls: systemCalls() !== undefined,
    openFiles: openFileLimit(),
    uid: process.getuid?.() ?? 0,
  };
}

/** The soft limit: `Max open files  1024  524288  files`. */
function openFileLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const found = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
    return found === 'unlimited' ? Number.POSITIVE_INFINITY : (found && Number(found)) || undefined;
  } catch {
    return undefined;
  }
}
