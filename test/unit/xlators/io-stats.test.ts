import assert from 'node:assert/strict';
import { dictOfBytes } from '../../../src/fop/dict.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { debugIoStats } from '../../../src/xlators/debug/io-stats/io-stats.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ManualClock } from '../../contract/platforms.js';
import { posixStack } from '../../contract/stacks.js';
import { refuses, TestVolume } from '../../contract/volume.js';
import { ROOT_IATT, ScriptedBrick } from '../rpc/brick.js';
import { platformOf, translatorOf } from '../rpc/pair.js';

const NAME = 'trusted.hekafs.io-stats';

const stackWith = (options: Readonly<Record<string, string>>) =>
  posixStack({ on: 'sim', above: ['debug/io-stats'], options });

async function shown(volume: TestVolume): Promise<string> {
  const { dict } = await volume.wind('getxattr', { gfid: ROOT_GFID, name: NAME });
  const value = dict?.get(NAME);
  assert.ok(value?.type === 'string');
  return value.text;
}

describe('debug/io-stats', () => {
  it('counts fops, and those that have failed', async () => {
    const stack = await stackWith({ 'count-fop-hits': 'on' });
    const volume = new TestVolume(stack.top);
    await volume.mkdir(ROOT_GFID, 'd');
    await refuses('EEXIST', volume.mkdir(ROOT_GFID, 'd'));
    await volume.stat(ROOT_GFID);
    assert.equal(await shown(volume), 'fop count failed\nmkdir 2 1\nstat 1 0\n');
    assert.match(await shown(volume), /^getxattr 1 0$/m);
    await stack.close();
  });

  it('measures how long they take', async () => {
    const clock = new ManualClock();
    const brick = new ScriptedBrick();
    const tookMs = [2, 6, 1];
    brick.handlers = {
      stat: async () => {
        clock.advance(tookMs.shift() ?? 0);
        return { stat: ROOT_IATT, xdata: null };
      },
    };
    const platform = platformOf(memoryNetwork(), clock);
    const on = { 'latency-measurement': 'on' };
    const volume = new TestVolume(translatorOf(debugIoStats, 'top', on, [brick], platform));
    for (let time = 0; time < 3; time += 1) await volume.stat(ROOT_GFID);
    const text = 'fop count failed average-us least-us most-us\nstat 3 0 3000 1000 6000\n';
    assert.equal(await shown(volume), text);
  });

  it('shows them to root only', async () => {
    const stack = await stackWith({ 'count-fop-hits': 'on' });
    const user = new TestVolume(stack.top).as({ uid: 1000 });
    await refuses('ENODATA', user.wind('getxattr', { gfid: ROOT_GFID, name: NAME }));
    await stack.close();
  });

  it('counts nothing while it is off', async () => {
    const stack = await stackWith({});
    const volume = new TestVolume(stack.top);
    await refuses('ENODATA', volume.wind('getxattr', { gfid: ROOT_GFID, name: NAME }));
    await stack.close();
  });

  it('writes no files for clients, and keeps what asks for them, so that copies stay equal', async () => {
    const stack = await stackWith({});
    const volume = new TestVolume(stack.top);
    const [name, path] = ['trusted.io-stats-dump', '/dump'];
    const dict = dictOfBytes([[name, Buffer.from(path)]]);
    await volume.wind('setxattr', { gfid: ROOT_GFID, flags: 0, dict });
    assert.equal(stack.disk.getxattr(stack.path, name).toString(), path);
    assert.throws(() => stack.disk.lstat(path), { errno: 'ENOENT' });
    await stack.close();
  });
});
