import type { ProcessFacts } from '../../platform/node/process-facts.js';
import { type Check, type Finding, fail, ok, skip, warn } from './check.js';

/** As package.json's `engines` has it. */
export const OLDEST_NODE = '20.19';
/** Two HTTP listeners and a brick may each have 1,024 connections. */
const ENOUGH_OPEN_FILES = 4096;

/** What the process has to work with. */
export function machineChecks(facts: ProcessFacts): readonly Check[] {
  return [
    { name: 'node.js', examine: () => nodeVersion(facts) },
    { name: 'system calls', examine: () => systemCalls(facts) },
    { name: 'open files', examine: () => openFiles(facts) },
  ];
}

function nodeVersion({ nodeVersion: version }: ProcessFacts): Finding {
  if (isAtLeast(version, OLDEST_NODE)) return ok(`version ${version}`);
  return fail(`version ${version} is older than ${OLDEST_NODE}`, 'install a newer Node.js');
}

function systemCalls({ hasSystemCalls }: ProcessFacts): Finding {
  if (hasSystemCalls) return ok('direct, through koffi');
  const found = 'koffi does not load: slower, and without locks and holes in files';
  return warn(found, 'npm rebuild koffi, on a machine that koffi has a binary for');
}

function openFiles({ openFiles: limit }: ProcessFacts): Finding {
  if (limit === undefined) return skip('this system does not tell its limit');
  if (limit >= ENOUGH_OPEN_FILES) return ok(`up to ${limit}`);
  const next = 'LimitNOFILE=65536 in the unit, or ulimit -n 65536 before the start';
  return warn(`only ${limit} at once, ${ENOUGH_OPEN_FILES} are wanted`, next);
}

function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const mine = have?.[index] ?? 0;
    if (mine !== part) return mine > part;
  }
  return true;
}
