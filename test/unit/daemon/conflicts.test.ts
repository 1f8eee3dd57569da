import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepConflict } from '../../../src/daemon/conflicts.js';
import { byteString } from '../../../src/fop/name.js';
import { nodeDisk } from '../../../src/platform/node/disk.js';
import { ManualClock } from '../../contract/platforms.js';

describe('copies that are kept', () => {
  let stateDir = '';
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'hekafs-kept-'));
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  const clock = new ManualClock();
  const keep = (key: string, value: string, why = 'changed by hand') =>
    keepConflict(nodeDisk(), clock, stateDir, key, Buffer.from(value), why);

  it('stand under their key, with the reason beside the archive', async () => {
    const path = await keep('site/name', 'by hand');
    assert.equal(readFileSync(path, 'utf8'), 'by hand');
    assert.match(path, /\/conflicts\/\d{4}-\d\d-\d\dT\d{6}\/site\/name$/);
    const why = readFileSync(path.replace('/site/name', '.why'), 'utf8');
    assert.deepEqual(JSON.parse(why), { key: 'site/name', why: 'changed by hand', bytes: 7 });
  });

  it('never replace each other: two of one key in one second are both there', async () => {
    const paths = [await keep('a', 'first'), await keep('a', 'second'), await keep('a', 'third')];
    const texts = paths.map((path) => readFileSync(path, 'utf8'));
    assert.deepEqual(texts, ['first', 'second', 'third']);
  });

  it('do not get into the way of each other: a key, and later one below it', async () => {
    const paths = [await keep('a', 'value'), await keep('a/b', 'below'), await keep('a', 'again')];
    const texts = paths.map((path) => readFileSync(path, 'utf8'));
    assert.deepEqual(texts, ['value', 'below', 'again']);
  });

  it('may have names as long as keys have, and a key may look like a reason', async () => {
    const long = 'ä'.repeat(127);
    const paths = [await keep(long, 'long'), await keep('x', 'x'), await keep('x.why', 'mine')];
    const texts = paths.map((path) => readFileSync(Buffer.from(path, 'latin1'), 'utf8'));
    assert.deepEqual(texts, ['long', 'x', 'mine']);
    assert.ok(paths[0]?.endsWith(byteString(long)));
  });
});
