import assert from 'node:assert/strict';
import { isErrno } from '../../../src/fop/error.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import type { Notice } from '../../../src/fop/translator.js';
import { type PosixStack, posixStack } from '../../contract/stacks.js';

const stackOf = (type: string, options: Record<string, string>): Promise<PosixStack> =>
  posixStack({ on: 'sim', above: [type], options });

const stat = (stack: PosixStack) =>
  stack.top.wind('stat', { gfid: ROOT_GFID, xdata: null }, ROOT_FRAME);

/** One letter for each of eight stats: x failed. */
async function eight(stack: PosixStack, errno: 'EIO' | 'ENOSPC'): Promise<string> {
  let told = '';
  for (let count = 0; count < 8; count++)
    try {
      await stat(stack);
      told += '.';
    } catch (error) {
      assert.ok(isErrno(error, errno));
      told += 'x';
    }
  await stack.close();
  return told;
}

describe('debug/error-gen', () => {
  const rows = [
    { options: { failure: '25' }, told: '...x...x' },
    { options: { failure: '100' }, told: 'xxxxxxxx' },
    { options: { failure: '0' }, told: '........' },
    { options: { failure: '50', enable: 'STAT, writev' }, told: '.x.x.x.x' },
    { options: { failure: '100', enable: 'writev' }, told: '........' },
    { options: { failure: '100', 'random-failure': 'on' }, told: 'xxxxxxxx' },
  ];
  for (const { options, told } of rows)
    it(JSON.stringify(options), async () =>
      assert.equal(await eight(await stackOf('debug/error-gen', options), 'EIO'), told),
    );

  it('fails with the errno that is asked for', async () => {
    const options = { failure: '100', 'error-no': 'ENOSPC' };
    assert.equal(await eight(await stackOf('debug/error-gen', options), 'ENOSPC'), 'xxxxxxxx');
  });

  for (const options of [{ 'error-no': 'EWHAT' }, { enable: 'stat,cat' }])
    it(`refuses ${JSON.stringify(options)}`, () =>
      assert.rejects(stackOf('debug/error-gen', options), /there is no (errno EWHAT|fop cat)/));
});

describe('debug/delay-gen', () => {
  it('holds back the fops that it is told to, and answers them', async () => {
    const options = { 'delay-percentage': '100', 'delay-duration': '5000', enable: 'stat' };
    const delays: number[] = [];
    const run = (ms: number, done: () => void) => {
      delays.push(ms);
      done();
      return { cancel: () => undefined };
    };
    const clock = { monotonicMs: () => 0, wallMs: () => 0, after: run };
    const stack = await posixStack({
      on: 'sim',
      above: ['debug/delay-gen'],
      options,
      clock: lazy(clock),
    });
    delays.length = 0;
    await stat(stack);
    await stack.top.wind('statfs', { gfid: ROOT_GFID, xdata: null }, ROOT_FRAME);
    assert.deepEqual(delays, [5]);
  });
});

/** The janitor of the brick below would come at once, and again. */
function lazy<C extends { after(ms: number, run: () => void): { cancel(): void } }>(clock: C): C {
  const after: C['after'] = (ms, run) =>
    ms < 1000 ? clock.after(ms, run) : { cancel: () => undefined };
  return { ...clock, after };
}

describe('debug/trace', () => {
  it('tells of each fop when it is over, and of none that is left out', async () => {
    const stack = await stackOf('debug/trace', { 'exclude-ops': 'statfs' });
    const told: string[] = [];
    stack.top.listen((notice: Notice) => {
      if (notice.event === 'log')
        told.push(`${notice.message} ${notice.fields?.['gfid']} ${notice.fields?.['outcome']}`);
    });
    await stat(stack);
    await stack.top.wind('statfs', { gfid: ROOT_GFID, xdata: null }, ROOT_FRAME);
    const gfid = '5ca1ab1e-0000-4000-8000-00000000000a';
    await assert.rejects(stack.top.wind('stat', { gfid, xdata: null }, ROOT_FRAME));
    assert.deepEqual(told, [`stat ${ROOT_GFID} ok`, `stat ${gfid} ESTALE`]);
    await stack.close();
  });
});
