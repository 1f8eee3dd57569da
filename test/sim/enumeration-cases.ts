/*
 * All cases of the enumeration, by number: a layout, up to three operations, and up to two faults in them. A fault is before an
 * operation or inside it, where it stops a brick, the client, or both, before or after one of the calls that change something.
 */

export const OPERATIONS = [
  'create',
  'write',
  'append',
  'rename over',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'chmod',
  'setxattr',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const LAYOUTS = ['replica 2', 'replica 3', 'arbiter'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Fault {
  /** In which operation. */
  readonly during: number;
  readonly brick: number | undefined;
  /** The client ends with it, and another one goes on. */
  readonly isClient: boolean;
  /** Before or after that one of the changing calls: of the brick, or of all where the client ends; call 0 is before all. */
  readonly call: number;
  readonly when: 'before' | 'after';
  /** Whether the brick comes back before the next operation, or at the end. */
  readonly isLong: boolean;
}

export interface EnumerationCase {
  readonly layout: Layout;
  readonly bricks: number;
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  /** Between operations so much time passes that what is delayed is done. */
  readonly isSlow: boolean;
}

const BRICK_CALLS = 4;
const CLIENT_CALLS = 9;

/** The faults that there are in one operation. */
function faultsIn(during: number, bricks: number): readonly Fault[] {
  const numbers = Array.from({ length: bricks }, (_, brick) => brick);
  const ofBrick = momentsOf(BRICK_CALLS).flatMap((moment) =>
    numbers.flatMap((brick) =>
      [false, true].map((isLong) => ({ during, brick, isClient: false, ...moment, isLong })),
    ),
  );
  const ofClient = momentsOf(CLIENT_CALLS).flatMap((moment) =>
    [undefined, ...numbers].map((brick) => ({
      during,
      brick,
      isClient: true,
      ...moment,
      isLong: true,
    })),
  );
  return [...ofBrick, ...ofClient];
}

function momentsOf(calls: number): readonly Pick<Fault, 'call' | 'when'>[] {
  const inside = Array.from({ length: calls }, (_, index) => index + 1);
  const each = inside.flatMap((call) =>
    (['before', 'after'] as const).map((when) => ({ call, when })),
  );
  return [{ call: 0, when: 'before' }, ...each];
}

/** Cases of one layout and one number of operations. */
interface Block {
  readonly layout: Layout;
  readonly bricks: number;
  readonly length: number;
  readonly faults: readonly Fault[];
  readonly sets: number;
  readonly count: number;
}

/** What there is to number: as many operations and faults as that, and all below. */
export class Enumeration {
  private readonly blocks: readonly Block[];
  readonly count: number;

  constructor(
    readonly maxOperations: number,
    private readonly maxFaults: 1 | 2,
  ) {
    this.blocks = LAYOUTS.flatMap((layout) =>
      Array.from({ length: maxOperations }, (_, index) => this.block(layout, index + 1)),
    );
    this.count = this.blocks.reduce((sum, { count }) => sum + count, 0);
  }

  private block(layout: Layout, length: number): Block {
    const bricks = layout === 'replica 2' ? 2 : 3;
    const faults = Array.from({ length }, (_, during) => faultsIn(during, bricks)).flat();
    const pairs = this.maxFaults === 2 ? (faults.length * (faults.length - 1)) / 2 : 0;
    const sets = 1 + faults.length + pairs;
    return { layout, bricks, length, faults, sets, count: OPERATIONS.length ** length * sets * 2 };
  }

  /** The case under a number below `count`. */
  at(number: number): EnumerationCase {
    let rest = number;
    for (const block of this.blocks) {
      if (rest < block.count) return caseIn(block, rest);
      rest -= block.count;
    }
    throw new RangeError(`there are ${this.count} cases, and no number ${number}`);
  }

  /** A case far away from that of the seed before; as many seeds as there are cases are all of them. */
  ofSeed(seed: number): number {
    let step = Math.floor(this.count * 0.618);
    while (commonDivisor(step, this.count) !== 1) step += 1;
    return Number((BigInt(seed) * BigInt(step)) % BigInt(this.count));
  }
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}

function caseIn(block: Block, number: number): EnumerationCase {
  const { layout, bricks, faults, sets, length } = block;
  let rest = Math.floor(number / 2);
  const chosen = faultSet(faults, rest % sets);
  rest = Math.floor(rest / sets);
  const operations: Operation[] = [];
  while (operations.length < length) {
    operations.push(OPERATIONS[rest % OPERATIONS.length] ?? 'create');
    rest = Math.floor(rest / OPERATIONS.length);
  }
  return { layout, bricks, operations, faults: chosen, isSlow: number % 2 === 1 };
}

/** None, one, or two of them. */
function faultSet(faults: readonly Fault[], number: number): readonly Fault[] {
  if (number <= faults.length) return number === 0 ? [] : faults.slice(number - 1, number);
  let rest = number - faults.length - 1;
  for (let first = 0; first < faults.length; first += 1) {
    const seconds = faults.length - first - 1;
    if (rest < seconds)
      return [
        ...faults.slice(first, first + 1),
        ...faults.slice(first + 1 + rest, first + 2 + rest),
      ];
    rest -= seconds;
  }
  throw new RangeError(`no set ${number}`);
}

export function caseWords({ layout, operations, faults, isSlow }: EnumerationCase): string {
  const words = faults.map(({ during, brick, isClient, call, when, isLong }) => {
    const who = [...(isClient ? ['client'] : []), ...(brick === undefined ? [] : [`b${brick}`])];
    const until = brick === undefined ? '' : isLong ? ', to the end' : ', until the next one';
    return `${who.join(' and ')} ${when} call ${call} of operation ${during + 1}${until}`;
  });
  const pace = isSlow ? 'slowly' : 'at once';
  return `${layout}: ${operations.join(', ')} (${pace}); ${words.join('; ') || 'no fault'}`;
}
