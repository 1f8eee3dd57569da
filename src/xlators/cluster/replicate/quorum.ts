/** How many subvolumes it takes: `none` is one, `auto` more than half of them, else a number. */
export type QuorumRule = 'none' | 'auto' | number;

/**
 * Whether these of `count` subvolumes are a quorum. Of exactly half of them, `auto` takes the half with the first
 * one (engine reference, B.3).
 */
export function isQuorum(children: readonly number[], rule: QuorumRule, count: number): boolean {
  if (rule === 'none') return children.length > 0;
  if (rule !== 'auto') return children.length >= rule;
  const twice = children.length * 2;
  return twice > count || (twice === count && children.includes(0));
}

/** The rule in words, for messages. */
export function describeQuorum(rule: QuorumRule, count: number): string {
  if (rule === 'none') return 'one of them';
  if (rule !== 'auto') return `${rule} of ${count}`;
  const half = count % 2 === 0 ? `, or ${count / 2} with the first one` : '';
  return `${Math.floor(count / 2) + 1} of ${count}${half}`;
}
