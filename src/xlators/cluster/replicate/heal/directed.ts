import type { ByteString } from '../../../../fop/name.js';
import { type DataPlan, newest } from './data-plan.js';
import type { InspectedCopy } from './inspection.js';
import { keepVersion } from './keep-version.js';
import type { HealSession } from './session.js';

export type Directed = Extract<DataPlan, { kind: 'heal' }>;

/** Of a split-brain one version wins: the policy's, or the one changed last after the others have been saved. */
export async function directedBy(
  session: HealSession,
  plan: Exclude<DataPlan, { kind: 'clean' | 'no-source' }>,
  copies: readonly InspectedCopy[],
  conflicts: ByteString[],
): Promise<Directed | undefined> {
  if (plan.kind === 'heal') return plan;
  const winner = plan.winner ?? (await winnerOfAll(session, copies, conflicts));
  if (winner === undefined) return undefined;
  const sinks = copies.map(({ child }) => child).filter((child) => child !== winner);
  return { kind: 'heal', source: winner, sinks };
}

/** Only if everybody is there: who is away may know better. */
async function winnerOfAll(
  session: HealSession,
  copies: readonly InspectedCopy[],
  conflicts: ByteString[],
): Promise<number | undefined> {
  const { count, settings } = session.replica;
  if (copies.length < count) return undefined;
  const holders = copies.filter(({ child }) => child !== settings.arbiter);
  const winner = newest(holders);
  const all = copies.map(({ child }) => child);
  for (const loser of holders.filter((copy) => copy !== winner)) {
    const name = await keepVersion(session.again(), loser, all);
    if (name === undefined) return undefined;
    conflicts.push(name);
  }
  return winner.child;
}
