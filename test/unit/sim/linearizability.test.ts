import assert from 'node:assert/strict';
import { type Asked, History, type Operation, type Outcome } from '../../sim/history.js';
import { checkLinearizable } from '../../sim/linearizability.js';
import { SimRandom } from '../../sim/random.js';

/*
 * A history is drawn as one line per operation: when it was asked and answered, what, and the answer.
 * "1-4 put x" was asked at 1 and answered at 4; "1-? put x" was never answered.
 */
const FORM = /^(\d+)-(\d+|\?) (get|put|cas|delete)(?: (\w+))?(?: (\w+))?(?: -> (\w+))?$/;

function value(word: string | undefined): string | null {
  return word === undefined || word === 'nil' ? null : word;
}

function asked(kind: string | undefined, one: string | undefined, two: string | undefined): Asked {
  if (kind === 'put') return { kind, value: one ?? '' };
  if (kind === 'cas') return { kind: 'putIf', expected: value(one), value: two ?? '' };
  return kind === 'get' ? { kind } : { kind: 'delete' };
}

function draw(line: string): Operation {
  const [, from, to, kind, one, two, answer] = FORM.exec(line) ?? assert.fail(line);
  const outcome: Outcome =
    to === '?' ? 'unknown' : kind === 'get' ? { value: value(answer) } : { done: answer !== 'no' };
  const returned = to === '?' ? Number.POSITIVE_INFINITY : Number(to);
  const what = asked(kind, one, two);
  return { client: line, key: 'k', asked: what, invoked: Number(from), returned, outcome };
}

const RIGHT: Record<string, readonly string[]> = {
  'nothing happened': [],
  'one after the other': ['1-2 put x', '3-4 get -> x', '5-6 put y', '7-8 get -> y'],
  'reads beside a write may see either': ['1-9 put x', '2-3 get -> nil', '4-5 get -> x'],
  'writes at once end in either order': ['1-9 put x', '2-8 put y', '10-11 get -> x'],
  'a late answer of an early write': ['1-9 put x', '2-3 put y', '4-5 get -> y', '10-11 get -> x'],
  'unanswered and never done': ['1-? put x', '2-3 get -> nil', '4-5 get -> nil'],
  'unanswered and done at once': ['1-? put x', '2-3 get -> x'],
  'unanswered and done much later': ['1-? put x', '2-3 put y', '4-5 get -> y', '6-7 get -> x'],
  'two unanswered, in either order': ['1-? put x', '2-? put y', '3-4 get -> y', '5-6 get -> x'],
  'a condition that holds': ['1-2 put x', '3-4 cas x y', '5-6 get -> y'],
  'a condition that fails': ['1-2 put x', '3-4 cas z y -> no', '5-6 get -> x'],
  'absent is a condition': ['1-2 cas nil x', '3-4 cas nil y -> no', '5-6 delete', '7-8 cas nil z'],
  'one of two conditions at once': ['1-4 cas nil x', '2-3 cas nil y -> no', '5-6 get -> x'],
  deletes: ['1-2 delete -> no', '3-4 put x', '5-6 delete', '7-8 get -> nil'],
  'a chain of the unanswered': ['1-? put x', '2-? cas x y', '3-4 get -> y'],
  'a chain through a value nobody saw': ['1-? put x', '2-? cas x y', '3-? cas y z', '4-5 get -> z'],
  'a failed condition explained by an unanswered write': [
    '1-2 put x',
    '3-? put y',
    '4-5 cas x z -> no',
  ],
  'the other of two that write the same': [
    '1-2 put a',
    '3-? cas a c',
    '4-? put c',
    '5-6 get -> c',
    '7-8 put b',
    '9-10 get -> c',
  ],
};

const WRONG: Record<string, readonly string[]> = {
  'a value from nowhere': ['1-2 get -> x'],
  'a stale read': ['1-2 put x', '3-4 put y', '5-6 get -> x'],
  'a lost write': ['1-2 put x', '3-4 get -> nil'],
  'back in time': ['1-9 put x', '2-3 get -> x', '4-5 get -> nil'],
  'back in time, between two readers': ['1-20 put x', '2-9 get -> x', '10-12 get -> nil'],
  'read before it was asked': ['1-2 get -> x', '3-? put x'],
  'done twice': ['1-? put x', '2-3 get -> x', '4-5 put y', '6-7 get -> x', '8-9 get -> y'],
  'both of two conditions': ['1-4 cas nil x', '2-3 cas nil y'],
  'a condition that failed for nothing': ['1-2 put x', '3-4 cas x y -> no'],
  'a delete that found what was not there': ['1-2 delete'],
  'a write undone by a condition': ['1-2 put x', '3-4 cas y z -> no', '5-6 get -> z'],
  'one unanswered write seen on both sides of an answered one, twice': [
    '1-? put x',
    '2-3 get -> x',
    '4-5 put y',
    '6-7 get -> y',
    '8-9 get -> x',
  ],
};

describe('sim linearizability', () => {
  for (const [name, lines] of Object.entries(RIGHT))
    it(`accepts: ${name}`, () => {
      const verdict = checkLinearizable(lines.map(draw));
      assert.deepEqual(verdict, { isLinearizable: true, why: '' });
    });

  for (const [name, lines] of Object.entries(WRONG))
    it(`rejects: ${name}`, () => {
      const verdict = checkLinearizable(lines.map(draw));
      assert.equal(verdict.isLinearizable, false);
      assert.match(verdict.why, /^key k: after \d+ of \d+ operations/);
    });

  it('takes keys apart, and initial values', () => {
    const other = { ...draw('1-2 get -> x'), key: 'other' };
    assert.equal(checkLinearizable([draw('1-2 put x'), other]).isLinearizable, false);
    const initial = new Map([['other', 'x']]);
    assert.equal(checkLinearizable([draw('1-2 put x'), other], initial).isLinearizable, true);
  });

  it('agrees with trying every order', () => {
    const random = new SimRandom('orders');
    let right = 0;
    for (let round = 0; round < 3000; round++) {
      const history = invent(random, 6);
      const wanted = isLinearizableByTrial(history, null);
      assert.equal(checkLinearizable(history).isLinearizable, wanted, JSON.stringify(history));
      if (wanted) right++;
    }
    assert.ok(right > 300 && right < 2700, `${right} of 3000 were right: the trial says little`);
  });

  it('finds its way through 600 operations of 8 clients, every tenth unanswered', () => {
    const history = simulate(new SimRandom('long'), 8, 600);
    assert.equal(checkLinearizable(history).isLinearizable, true);
    const last = Math.max(...history.map(({ invoked }) => invoked));
    const stale = draw(`${last + 1}-${last + 2} get -> neverWritten`);
    assert.equal(checkLinearizable([...history, stale]).isLinearizable, false);
  });
});

describe('sim history', () => {
  it('stamps in order and closes what stays open', () => {
    const history = new History();
    const one = history.invoke('c1', 'k', { kind: 'get' });
    history.invoke('c2', 'k', { kind: 'delete' });
    one({ value: null });
    one({ value: 'again' });
    const [first, second] = history.finish();
    assert.deepEqual([first?.invoked, first?.returned, first?.outcome], [1, 3, { value: null }]);
    assert.deepEqual([second?.invoked, second?.outcome], [2, 'unknown']);
    assert.equal(history.operations.length, 2);
  });
});

const VALUES = ['a', 'b'];

/** Any operations with any answers. */
function invent(random: SimRandom, count: number): Operation[] {
  const moments = random.shuffled(Array.from({ length: 2 * count }, (_, at) => at));
  return Array.from({ length: count }, (_, at) => {
    const [one = 0, two = 0] = moments.slice(2 * at, 2 * at + 2);
    const from = Math.min(one, two);
    const to = random.chance(0.35) ? '?' : Math.max(one, two);
    const text = random.pick(VALUES);
    const held = random.pick([...VALUES, 'nil']);
    const done = random.chance(0.3) ? ' -> no' : '';
    const what = random.pick([
      `get -> ${held}`,
      `put ${text}`,
      `cas ${held} ${text}${done}`,
      `delete${done}`,
    ]);
    return draw(`${from}-${to} ${what}`);
  });
}

/** The definition, tried out: any order that real time allows, each uncertain one in it or not. */
function isLinearizableByTrial(left: readonly Operation[], held: string | null): boolean {
  if (left.every(({ outcome }) => outcome === 'unknown')) return true;
  return left.some((next) => {
    const rest = left.filter((one) => one !== next);
    if (rest.some(({ returned }) => returned < next.invoked)) return false;
    const [answer, value] = act(next.asked, held);
    const isRight =
      next.outcome === 'unknown' || JSON.stringify(next.outcome) === JSON.stringify(answer);
    return isRight && isLinearizableByTrial(rest, value);
  });
}

function act(what: Asked, held: string | null): [Outcome, string | null] {
  if (what.kind === 'get') return [{ value: held }, held];
  if (what.kind === 'delete') return [{ done: held !== null }, null];
  const done = what.kind === 'put' || what.expected === held;
  return [{ done }, done ? what.value : held];
}

/** Clients at work on one true register, each operation done at some moment between question and answer. */
function simulate(random: SimRandom, clients: number, count: number): Operation[] {
  const history = new History();
  const busy: ((() => void) | undefined)[] = new Array(clients).fill(undefined);
  let held: string | null = null;
  for (let started = 0; started < count; ) {
    const client = random.int(clients);
    const step = busy[client];
    if (step !== undefined) {
      step();
      continue;
    }
    const what: Asked = random.pick<Asked>([
      { kind: 'get' },
      { kind: 'put', value: `v${started}` },
      { kind: 'putIf', expected: held, value: `v${started}` },
    ]);
    const told = history.invoke(`c${client}`, 'k', what);
    const isLost = random.chance(0.1);
    started++;
    busy[client] = () => {
      const [outcome, value] = act(what, held);
      held = value;
      busy[client] = () => {
        told(isLost ? 'unknown' : outcome);
        busy[client] = undefined;
      };
    };
  }
  return [...history.finish()];
}
