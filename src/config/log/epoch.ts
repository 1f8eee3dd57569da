/**
 * Who may propose, and in which order: a counter that each take-over raises, and the node that owns it. Epochs of
 * two nodes never compare equal, and one epoch has one owner for ever (protocol, section 3).
 */
export interface Epoch {
  readonly counter: number;
  /** Node id, a canonical uuid. */
  readonly node: string;
}

export const NO_EPOCH: Epoch = { counter: 0, node: '00000000-0000-0000-0000-000000000000' };

/** Below zero where `a` is older than `b`. */
export function compareEpochs(a: Epoch, b: Epoch): number {
  if (a.counter !== b.counter) return a.counter - b.counter;
  return a.node < b.node ? -1 : a.node > b.node ? 1 : 0;
}

export function isSameEpoch(a: Epoch, b: Epoch): boolean {
  return compareEpochs(a, b) === 0;
}

/** For logs and traces. */
export function epochText(epoch: Epoch): string {
  return `${epoch.counter}.${epoch.node.slice(0, 8)}`;
}
