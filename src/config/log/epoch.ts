/**
 * Who may propose, and in which order: a counter that each take-over raises, and its owner, for ever the only one
 * (protocol, section 3). The owner is the uuid of a running hekafsd, new with each start, not its node's id: a state directory that
 * was copied to a second machine gives two nodes of one id, and even they must never share an epoch.
 */
export interface Epoch {
  readonly counter: number;
  /** The instance that leads under it, a canonical uuid. */
  readonly owner: string;
}

export const NO_EPOCH: Epoch = { counter: 0, owner: '00000000-0000-0000-0000-000000000000' };

/** Below zero where `a` is older than `b`. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0;
}

export function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return compareEpochs(a, b) === 0;
}

/** For logs and traces. */
export function epochText(epoch: Epoch): string {
  return `${epoch.counter}.${epoch.owner.slice(0, 8)}`;
}
