import { runCase, SHORT, WHOLE } from './enumeration.js';
import { caseWords } from './enumeration-cases.js';
import { REPLICA_BUGS, type ReplicaBug } from './replica-bugs.js';

/** Cases, of all and of the shortest in turn, in which a planted defect must have shown. */
export const MAX_CASES = 600;

export interface Caught {
  /** Cases that it took; undefined where none of them has found it. */
  readonly cases: number | undefined;
  readonly by: string;
  readonly finding: string;
}

/** Runs cases with a defect until one finds it. */
export async function catchBug(bug: ReplicaBug, most = MAX_CASES): Promise<Caught> {
  for (let cases = 1; cases <= most; cases += 1) {
    const from = cases % 2 === 0 ? WHOLE : SHORT;
    const given = from.at(from.ofSeed(cases));
    const [finding] = await runCase(given, bug);
    const isItsOwn = finding !== undefined && (await runCase(given)).length === 0;
    if (isItsOwn) return { cases, by: caseWords(given), finding };
  }
  return { cases: undefined, by: '', finding: '' };
}

/** Plants every defect in turn, and prints what finds it; true where all were found. */
export async function runMutants(print: (line: string) => void): Promise<boolean> {
  let missed = 0;
  for (const bug of REPLICA_BUGS) {
    const { cases, by, finding } = await catchBug(bug);
    if (cases === undefined) {
      missed += 1;
      print(`NOT FOUND: ${bug.name}`);
    } else print(`${bug.name}: case ${cases}: ${finding.split('\n')[0]}\n    ${by}`);
  }
  print(`${REPLICA_BUGS.length} defects, ${missed} not found`);
  return missed === 0;
}
