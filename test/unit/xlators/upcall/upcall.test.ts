import assert from 'node:assert/strict';
import { dictOfBytes } from '../../../../src/fop/dict.js';
import { FopError } from '../../../../src/fop/error.js';
import { Fd, O_RDWR, O_TRUNC } from '../../../../src/fop/fd.js';
import { ROOT_FRAME } from '../../../../src/fop/frame.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../../../src/fop/gfid.js';
import { NO_IATT } from '../../../../src/fop/iatt.js';
import { featuresUpcall } from '../../../../src/xlators/features/upcall/upcall.js';
import { memoryNetwork } from '../../../contract/memory-network.js';
import { ManualClock } from '../../../contract/platforms.js';
import { type PosixStack, posixStack } from '../../../contract/stacks.js';
import { TestVolume } from '../../../contract/volume.js';
import { gate, ROOT_IATT, ScriptedBrick } from '../../rpc/brick.js';
import { platformOf, translatorOf } from '../../rpc/pair.js';

const FILE = '11111111-2222-3333-4444-555555555555';
const TIMEOUT_MS = 60_000;

/** Two clients of one brick, and what the second one is told. */
class Pair {
  readonly ann: TestVolume;
  readonly bob: TestVolume;
  private heard: string[] = [];
  private readonly names = new Map<Gfid, string>([[ROOT_GFID, 'root']]);

  constructor(
    private readonly stack: Pick<PosixStack, 'top' | 'close'>,
    readonly clock = new ManualClock(),
  ) {
    const frame = (id: string) => ({ ...ROOT_FRAME, client: { id, address: '' } });
    this.ann = new TestVolume(stack.top, frame('ann'));
    this.bob = new TestVolume(stack.top, frame('bob'));
    stack.top.listen((notice) => {
      if (notice.event !== 'upcall' || notice.upcall.kind !== 'invalidate') return;
      const { gfid, flags, xattrs = [] } = notice.upcall;
      const name = this.names.get(gfid) ?? gfid;
      const values = [...xattrs].map(([key, value]) => ` ${key}=${value.toString()}`).join('');
      this.heard.push(`${notice.client}: ${name} ${flags.toString(16)}${values}`);
    });
  }

  /** Calls an inode by this name from here on. */
  call(gfid: Gfid, name: string): Gfid {
    this.names.set(gfid, name);
    return gfid;
  }

  /** What was told since the last time. */
  told(): string {
    const told = this.heard.join(', ');
    this.heard = [];
    return told;
  }

  gone(id: string): void {
    this.stack.top.clientGone({ id, address: '' });
  }

  close(): Promise<void> {
    return this.stack.close();
  }
}

async function pair(): Promise<Pair> {
  const clock = new ManualClock();
  const stack = await posixStack({
    on: 'sim',
    above: ['features/locks', 'features/upcall'],
    options: { 'cache-invalidation': 'on' },
    clock,
  });
  return new Pair(stack, clock);
}

type Act = (ann: TestVolume, dir: Gfid, file: Gfid) => Promise<unknown>;

const setattr = (ann: TestVolume, gfid: Gfid, valid: number, mode = 0o644) =>
  ann.wind('setattr', { gfid, valid, stbuf: { ...NO_IATT, mode } });
const xattr = (name: string) => dictOfBytes([[name, Buffer.from('v')]]);

/** What ann does in a directory that bob knows, to a file that bob knows; bits as in the wire reference, section 14. */
const TOLD: readonly (readonly [title: string, act: Act, told: string])[] = [
  ['create', (ann, dir) => ann.file('new', '', dir), 'dir 10'],
  ['mkdir', (ann, dir) => ann.mkdir(dir, 'new'), 'dir 10'],
  ['write', (ann, _, file) => ann.write(Fd.anonymous(file), 'x'), 'file 18'],
  ['truncate', (ann, _, gfid) => ann.wind('truncate', { gfid, offset: 0 }), 'file 18'],
  ['open, emptying it', (ann, _, file) => ann.open(file, O_RDWR | O_TRUNC), 'file 18'],
  ['open', (ann, _, file) => ann.open(file, O_RDWR), ''],
  ['read', (ann, _, file) => ann.content(file), ''],
  ['chmod', (ann, _, file) => setattr(ann, file, 1, 0o600), 'file 45e'],
  ['chmod to the same', (ann, _, file) => setattr(ann, file, 1), 'file 5e'],
  ['utime', (ann, _, file) => setattr(ann, file, 0x30), 'file 5e'],
  ['link', (ann, dir, file) => ann.link(file, dir, 'second'), 'file 211, dir 10'],
  ['unlink', (ann, dir) => ann.unlink(dir, 'file'), 'file 211, dir 10'],
  ['rename', (ann, dir) => ann.rename(dir, 'file', dir, 'other'), 'file 280, dir 10'],
  [
    'rename to elsewhere',
    (ann, dir) => ann.rename(dir, 'file', ROOT_GFID, 'x'),
    'file 280, dir 10, root 10',
  ],
  [
    'rename over it',
    async (ann, dir) => {
      await ann.file('unknown', '', ROOT_GFID);
      await ann.rename(ROOT_GFID, 'unknown', dir, 'file');
    },
    'root 10, file 211, root 10, dir 10',
  ],
  [
    'an attribute that bob keeps',
    (ann, _, gfid) => ann.wind('setxattr', { gfid, flags: 0, dict: xattr('user.kept') }),
    'file 410 user.kept=v',
  ],
  [
    'its removal',
    async (ann, _, gfid) => {
      const both = new Map([...(xattr('user.kept') ?? []), ...(xattr('user.other') ?? [])]);
      await ann.wind('setxattr', { gfid, flags: 0, dict: both });
      await ann.wind('removexattr', { gfid, name: 'user.kept' });
    },
    'file 410 user.kept=v, file 810 user.kept=',
  ],
  [
    'an attribute that nobody keeps',
    (ann, _, gfid) => ann.wind('setxattr', { gfid, flags: 0, dict: xattr('user.other') }),
    '',
  ],
  ['what fails', (ann, dir) => ann.unlink(dir, 'missing').catch(() => {}), ''],
];

describe('features/upcall', () => {
  for (const [title, act, told] of TOLD)
    it(`${title}: ${told || 'nothing'}`, async () => {
      const two = await pair();
      const dir = two.call(await two.ann.directory('dir'), 'dir');
      const file = two.call(await two.ann.file('file', 'text', dir), 'file');
      await two.bob.wind('ipc', { op: 2 }, xattr('user.kept'));
      await two.bob.lookup(dir, 'file');
      await two.bob.stat(ROOT_GFID);
      two.told();
      await act(two.ann, dir, file);
      assert.equal(two.told(), told.replaceAll(/(\w+ \w+( \S+=)?)/g, 'bob: $1'));
      await two.close();
    });

  it('tells each of its own changes to the others only', async () => {
    const two = await pair();
    const file = two.call(await two.ann.file('file'), 'file');
    await two.bob.stat(file);
    two.told();
    await two.bob.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), 'ann: file 18');
    await two.ann.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), 'bob: file 18');
    await two.close();
  });

  it('forgets who was not there for the timeout, and who is gone', async () => {
    const two = await pair();
    const file = two.call(await two.ann.file('file'), 'file');
    await two.bob.stat(file);
    two.told();
    two.clock.advance(TIMEOUT_MS);
    await two.ann.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), 'bob: file 18');
    two.clock.advance(1);
    await two.ann.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), '');
    await two.bob.stat(file);
    two.gone('bob');
    await two.ann.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), '');
    await two.close();
  });

  it('an answer that a change has overtaken is called out of date', async () => {
    const brick = new ScriptedBrick();
    const onTheWay = gate();
    const iatt = { ...ROOT_IATT, gfid: FILE };
    brick.handlers = {
      stat: async () => {
        await onTheWay.passed;
        return { stat: iatt, xdata: null };
      },
      setattr: async () => ({ prebuf: iatt, postbuf: iatt, xdata: null }),
    };
    const on = { 'cache-invalidation': 'on' };
    const platform = platformOf(memoryNetwork());
    const top = translatorOf(featuresUpcall, 'upcall', on, [brick], platform);
    const two = new Pair({ top, close: async () => {} });
    const asked = two.bob.stat(two.call(FILE, 'file'));
    await setattr(two.ann, FILE, 1);
    assert.equal(two.told(), '');
    onTheWay.open();
    await asked;
    assert.equal(two.told(), 'bob: file 5e');
  });

  it('a lookup that fails on the way does not keep a name from being removed', async () => {
    const brick = new ScriptedBrick();
    brick.handlers = {
      lookup: () => Promise.reject(new FopError('EIO', 'brick')),
      unlink: async () => ({ preparent: ROOT_IATT, postparent: ROOT_IATT, xdata: null }),
    };
    const on = { 'cache-invalidation': 'on' };
    const top = translatorOf(featuresUpcall, 'upcall', on, [brick], platformOf(memoryNetwork()));
    const two = new Pair({ top, close: async () => {} });
    await two.bob.wind('opendir', { gfid: ROOT_GFID, fd: new Fd(ROOT_GFID, 0) });
    await two.ann.unlink(ROOT_GFID, 'f');
    assert.equal(two.told(), 'bob: root 10');
  });

  it('switched off tells nothing, and knows no ipc', async () => {
    const stack = await posixStack({ on: 'sim', above: ['features/upcall'] });
    const two = new Pair(stack);
    const file = await two.ann.file('file');
    await two.bob.stat(file);
    await two.ann.write(Fd.anonymous(file), 'x');
    assert.equal(two.told(), '');
    await assert.rejects(two.bob.wind('ipc', { op: 2 }, null), { errno: 'EOPNOTSUPP' });
    await two.close();
  });

  it('a lookup by gfid makes known, too', async () => {
    const two = await pair();
    const gfid = two.call(await two.ann.file('file'), 'file');
    await two.bob.wind('lookup', { gfid, pargfid: NULL_GFID, bname: '' });
    two.told();
    await two.ann.write(Fd.anonymous(gfid), 'x');
    assert.equal(two.told(), 'bob: file 18');
    await two.close();
  });
});
