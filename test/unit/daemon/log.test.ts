import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOLD_MS, Fold, type LogFields, openLog } from '../../../src/daemon/log.js';
import { terminalLine } from '../../../src/daemon/terminal-line.js';
import { nodeClock } from '../../../src/platform/node/clock.js';
import { ManualClock } from '../../contract/platforms.js';

describe('fold of repeated lines', () => {
  const setUp = () => {
    const clock = new ManualClock();
    const move = (ms: number) => clock.advance(ms);
    const lines: (readonly [string, LogFields])[] = [];
    const fold = new Fold(clock, (_level, message, fields) => void lines.push([message, fields]));
    return { fold, lines, move };
  };

  it('lets the first through and counts the others', () => {
    const { fold, lines, move } = setUp();
    for (let n = 0; n < 5; n++) fold.say('warn', 'lost', { n });
    assert.deepEqual(lines, [['lost', { n: 0 }]]);
    move(FOLD_MS);
    assert.deepEqual(lines.slice(1), [['lost', { n: 4, repeated: 4 }]]);
    fold.say('warn', 'lost', { n: 5 });
    assert.equal(lines.length, 3, 'a new incident begins');
    move(FOLD_MS);
    assert.equal(lines.length, 3, 'one line alone has no count');
  });

  it('keeps kinds apart', () => {
    const { fold, lines } = setUp();
    fold.say('warn', 'lost', { code: 'HFS-2001' });
    fold.say('warn', 'lost', { code: 'HFS-2002' });
    fold.say('error', 'lost', { code: 'HFS-2002' });
    fold.say('warn', 'found', {});
    fold.say('warn', 'lost', { code: 'HFS-2001', volume: 'config-client-1' });
    assert.equal(lines.length, 5);
  });

  it('tells each new state in its time, and the same one once', () => {
    const { fold, lines, move } = setUp();
    for (const list of [1, 2, 2, 3]) fold.say('info', 'the list of servers', { list });
    assert.deepEqual(
      lines.map(([, { list }]) => list),
      [1, 2, 3],
    );
    move(FOLD_MS);
    assert.deepEqual(lines.slice(3), [['the list of servers', { list: 2, repeated: 1 }]]);
  });

  it('remembers a bounded number of kinds', () => {
    const { fold, lines } = setUp();
    fold.say('info', 'm0', {});
    fold.say('info', 'm0', {});
    for (let n = 1; n <= 256; n++) fold.say('info', `m${n}`, {});
    assert.deepEqual(lines.at(-2), ['m0', { repeated: 1 }]);
  });
});

describe('log', () => {
  it('writes JSON lines at once, folds, filters by level and opens anew', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-log-'));
    const file = join(directory, 'log');
    const setup = { level: 'info', file, node: 'alder', isTerminal: true } as const;
    const log = openLog({ ...setup, clock: nodeClock });
    log.debug('not shown');
    log.info('started', { http: 'h:1' });
    for (let n = 0; n < 3; n++) log.warn('lost', { code: 'HFS-2001', next: 'wait' });
    renameSync(file, `${file}.1`);
    log.reopen();
    log.flush();
    const lines = readFileSync(`${file}.1`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      lines.map(({ level, msg, node }) => [level, msg, node]),
      [
        ['info', 'started', 'alder'],
        ['warn', 'lost', 'alder'],
      ],
    );
    assert.match(String(lines[0]?.['time']), /^\d{4}-\d\d-\d\dT/);
    const folded = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    assert.equal(folded['repeated'], 2);
    rmSync(directory, { recursive: true });
  });

  it('outlives a disk that is full', () => {
    const setup = { level: 'info', node: 'alder', isTerminal: false } as const;
    const log = openLog({ ...setup, file: '/dev/full', clock: nodeClock });
    for (let n = 0; n < 3; n++) log.info('nobody will read this', { n });
    log.flush();
  });

  it('is readable on a terminal, and sends it no control characters', () => {
    const fields = { level: 'warn', time: '2020-01-02T03:04:05.678Z', node: 'alder', pid: 1 };
    const line = JSON.stringify({ ...fields, msg: 'a\x1b[2J', path: '/x', why: 'b\x07 c' });
    const shown = terminalLine(line);
    assert.equal(shown, '\x1b[33m03:04:05.678 alder warn  a [2J\x1b[0m path=/x why="b\\u0007 c"\n');
  });
});
