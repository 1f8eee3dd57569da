import type { Asked, Operation, Outcome } from './history.js';

/*
 * Are these answers those of a single copy that did one thing at a time? The search of Wing and Gong, with the memory of
 * Lowe: place an operation that nothing unplaced precedes, remember (set placed, value) so that no such state is
 * entered twice. Keys are independent, so each is searched alone.
 *
 * Operations with unknown outcome may be placed or not. One is tried only where it makes an answer possible that
 * was not possible without it: otherwise it could as well come later, or never.
 */

/** A history that needs more than this is too hard; make it shorter, or have fewer unknown outcomes per key. */
const MAX_STATES = 2_000_000;

/** Characters of what was asked or told, in a message. */
const MOST_SHOWN = 200;

const UNSEEN = '(a value that nobody saw)';

export interface Verdict {
  readonly isLinearizable: boolean;
  /** For people: the key, and what could not be placed. Empty where all is well. */
  readonly why: string;
}

type Value = string | null;

/** Checks a history of independent registers that all begin absent, or as `initial` says. */
export function checkLinearizable(
  history: readonly Operation[],
  initial: ReadonlyMap<string, string> = new Map(),
): Verdict {
  for (const [key, operations] of byKey(history)) {
    const search = new Search(operations, initial.get(key) ?? null);
    if (!search.succeeds()) return { isLinearizable: false, why: `key ${key}: ${search.why()}` };
  }
  return { isLinearizable: true, why: '' };
}

function byKey(history: readonly Operation[]): Map<string, Operation[]> {
  const keys = new Map<string, Operation[]>();
  for (const operation of history) {
    const found = keys.get(operation.key);
    if (found === undefined) keys.set(operation.key, [operation]);
    else found.push(operation);
  }
  return keys;
}

/** The value after `asked`, whatever is answered. */
function effect(asked: Asked, value: Value): Value {
  switch (asked.kind) {
    case 'get':
      return value;
    case 'put':
      return asked.value;
    case 'putIf':
      return asked.expected === value ? asked.value : value;
    case 'delete':
      return null;
  }
}

/** Whether a single copy that holds `value` would have answered so. */
function isPossible(asked: Asked, outcome: Outcome, value: Value): boolean {
  if (outcome === 'unknown') return true;
  if (asked.kind === 'get') return 'value' in outcome && outcome.value === value;
  return 'done' in outcome && outcome.done === finds(asked, value);
}

function finds(asked: Exclude<Asked, { kind: 'get' }>, value: Value): boolean {
  if (asked.kind === 'putIf') return asked.expected === value;
  return asked.kind === 'put' || value !== null;
}

/** What has been placed: a prefix of the certain ones, some beyond it, and some of the uncertain ones. */
interface Placed {
  readonly prefix: number;
  readonly beyond: ReadonlySet<number>;
  readonly maybe: ReadonlySet<number>;
  readonly value: Value;
}

class Search {
  private readonly certain: readonly Operation[];
  private readonly uncertain: readonly Operation[];
  private readonly twins: readonly (number | undefined)[];
  /** By what is placed and held: the sets of uncertain ones with which that was reached. */
  private readonly seen = new Map<string, ReadonlySet<number>[]>();
  private states = 0;
  private deepest = -1;
  private stuckAt: Placed | undefined;

  constructor(
    operations: readonly Operation[],
    private readonly initial: Value,
  ) {
    const ordered = withoutUnseen(operations).sort((a, b) => a.invoked - b.invoked);
    this.certain = ordered.filter(({ outcome }) => outcome !== 'unknown');
    this.uncertain = ordered.filter(
      ({ outcome, asked }) => outcome === 'unknown' && asked.kind !== 'get',
    );
    this.twins = twinsOf(this.uncertain);
  }

  /** Depth first, on a stack of our own so that long histories do not end the process's. */
  succeeds(): boolean {
    const stack: Placed[] = [
      { prefix: 0, beyond: new Set(), maybe: new Set(), value: this.initial },
    ];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (at.prefix === this.certain.length) return true;
      this.remember(at);
      for (const next of this.followers(at).reverse()) if (this.isNew(next)) stack.push(next);
    }
    return false;
  }

  why(): string {
    const at = this.stuckAt;
    if (at === undefined) return 'nothing';
    const candidates = this.candidates(at).map((index) => describe(this.certain[index]));
    const count = at.prefix + at.beyond.size;
    return `after ${count} of ${this.certain.length} operations it holds ${at.value}, and none of these can be next: ${candidates.join('; ')}`;
  }

  private remember(at: Placed): void {
    const depth = at.prefix + at.beyond.size;
    if (depth <= this.deepest) return;
    this.deepest = depth;
    this.stuckAt = at;
  }

  /** Nothing is gained by coming to the same place with more of the uncertain ones used up. */
  private isNew(at: Placed): boolean {
    const beyond = [...at.beyond].sort((a, b) => a - b).join();
    const key = `${at.prefix}|${beyond}|${at.value === null ? '' : `=${at.value}`}`;
    const before = this.seen.get(key) ?? [];
    if (before.some((used) => isWithin(used, at.maybe))) return false;
    if (++this.states > MAX_STATES) throw new Error(`more than ${MAX_STATES} states to search`);
    this.seen.set(key, [...before.filter((used) => !isWithin(at.maybe, used)), at.maybe]);
    return true;
  }

  private followers(at: Placed): Placed[] {
    const found: Placed[] = [];
    const blocked: number[] = [];
    for (const index of this.candidates(at)) {
      const next = this.place(at, index);
      if (next === undefined) blocked.push(index);
      else found.push(next);
    }
    if (blocked.length > 0) found.push(...this.afterUncertain(at, blocked));
    return found;
  }

  /** The certain ones that no unplaced one precedes. */
  private candidates(at: Placed): number[] {
    const found: number[] = [];
    const horizon = this.horizon(at);
    for (let index = at.prefix; index < this.certain.length; index++) {
      const operation = this.certain[index];
      if (operation === undefined || operation.invoked > horizon) break;
      if (!at.beyond.has(index)) found.push(index);
    }
    return found;
  }

  /** The earliest return of an unplaced one: what was asked later cannot be next. */
  private horizon(at: Placed): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (let index = at.prefix; index < this.certain.length; index++) {
      const operation = this.certain[index];
      if (operation === undefined || operation.invoked > earliest) break;
      if (!at.beyond.has(index)) earliest = Math.min(earliest, operation.returned);
    }
    return earliest;
  }

  private place(at: Placed, index: number): Placed | undefined {
    const operation = this.certain[index];
    if (operation === undefined) return undefined;
    const { asked, outcome } = operation;
    if (!isPossible(asked, outcome, at.value)) return undefined;
    const value = effect(asked, at.value);
    const beyond = new Set(at.beyond).add(index);
    let { prefix } = at;
    while (beyond.delete(prefix)) prefix++;
    return { prefix, beyond, maybe: at.maybe, value };
  }

  /** Places chains of uncertain ones, each followed by a certain one that was not possible before. */
  private afterUncertain(at: Placed, blocked: readonly number[]): Placed[] {
    const found: Placed[] = [];
    const horizon = this.horizon(at);
    let chains = this.withUncertain(at, horizon, () => true);
    while (chains.length > 0) {
      for (const chain of chains) found.push(...this.placeAny(chain, blocked));
      // What needs nothing before it in a chain would be better off without it.
      chains = chains.flatMap((chain) =>
        this.withUncertain(chain, horizon, ({ asked }) => asked.kind === 'putIf'),
      );
    }
    return found;
  }

  private withUncertain(
    at: Placed,
    horizon: number,
    isWanted: (operation: Operation) => boolean,
  ): Placed[] {
    return this.uncertain.flatMap((operation, index) => {
      if (operation.invoked > horizon || at.maybe.has(index) || !isWanted(operation)) return [];
      const value = effect(operation.asked, at.value);
      if (value === at.value || this.hasTwin(index, at.maybe)) return [];
      return [{ ...at, maybe: new Set(at.maybe).add(index), value }];
    });
  }

  /** Whether an earlier one that does the same is still unused: either would do. */
  private hasTwin(index: number, used: ReadonlySet<number>): boolean {
    const twin = this.twins[index];
    return twin !== undefined && !used.has(twin);
  }

  private placeAny(at: Placed, indexes: readonly number[]): Placed[] {
    return indexes.flatMap((index) => this.place(at, index) ?? []);
  }
}

function isWithin(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  if (one.size > other.size) return false;
  for (const item of one) if (!other.has(item)) return false;
  return true;
}

/** For each operation the last one before it that does the same. */
function twinsOf(operations: readonly Operation[]): (number | undefined)[] {
  const last = new Map<string, number>();
  return operations.map(({ asked }, index) => {
    const key = JSON.stringify(asked);
    const twin = last.get(key);
    last.set(key, index);
    return twin;
  });
}

/** Values that nobody read or expected are all alike, whoever wrote them. */
function withoutUnseen(operations: readonly Operation[]): Operation[] {
  const seen = new Set<Value>();
  for (const { asked, outcome } of operations) {
    if (typeof outcome === 'object' && 'value' in outcome) seen.add(outcome.value);
    if (asked.kind === 'putIf') seen.add(asked.expected);
  }
  return operations.map((operation) => {
    const { asked } = operation;
    if (!('value' in asked) || seen.has(asked.value)) return operation;
    return { ...operation, asked: { ...asked, value: UNSEEN } };
  });
}

function describe(operation: Operation | undefined): string {
  if (operation === undefined) return '';
  const { client, asked, outcome, invoked, returned } = operation;
  const [words, told] = [asked, outcome].map((each) => JSON.stringify(each).slice(0, MOST_SHOWN));
  return `${client} ${words} -> ${told} (${invoked}-${returned})`;
}
