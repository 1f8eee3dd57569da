import assert from 'node:assert/strict';
import { dictOfBytes, NO_DICT } from '../../../src/fop/dict.js';
import { type ErrnoName, FopError } from '../../../src/fop/error.js';
import { Fd, O_APPEND, O_RDWR, O_TRUNC, O_WRONLY } from '../../../src/fop/fd.js';
import { FOP_KIND, FOP_NAMES, type Reply, type Request } from '../../../src/fop/fops.js';
import { ROOT_FRAME } from '../../../src/fop/frame.js';
import { NULL_GFID, ROOT_GFID } from '../../../src/fop/gfid.js';
import { NO_IATT } from '../../../src/fop/iatt.js';
import type { Notice } from '../../../src/fop/translator.js';
import { Replicate } from '../../../src/xlators/cluster/replicate/replicate.js';
import { Recorder } from '../graph/recorder.js';

const LOOKUP: Request<'lookup'> = { gfid: NULL_GFID, pargfid: ROOT_GFID, bname: 'f', xdata: null };
const FOUND: Reply<'lookup'> = { stat: NO_IATT, postparent: NO_IATT, xdata: null };

function replicaOf(count: number, preferred?: number) {
  const names = ['a', 'b', 'c'].slice(0, count);
  const children = names.map((name) => {
    const child = new Recorder(name);
    for (const fop of FOP_NAMES) child.answers.set(fop, { ...FOUND, from: name });
    return child;
  });
  const top = new Replicate(
    'r',
    children,
    preferred === undefined ? undefined : children[preferred],
  );
  const heard: Notice['event'][] = [];
  top.listen((notice) => heard.push(notice.event));
  return { top, children, heard };
}

const failing = (errno: ErrnoName, where: string): FopError => new FopError(errno, where);

/** Which children were asked for anything. */
const asked = (children: readonly Recorder[]): string[] =>
  children.filter(({ wound }) => wound.length > 0).map(({ name }) => name);

describe('cluster/replicate', () => {
  it('reads from the first child that is up', async () => {
    const { top, children } = replicaOf(3);
    children[1]?.say({ event: 'child-up' });
    await top.wind('lookup', LOOKUP, ROOT_FRAME);
    assert.deepEqual(asked(children), ['b']);
  });

  it('reads from the preferred child while it is up', async () => {
    const { top, children } = replicaOf(3, 2);
    for (const child of children) child.say({ event: 'child-up' });
    await top.wind('lookup', LOOKUP, ROOT_FRAME);
    assert.deepEqual(asked(children), ['c']);
  });

  it('goes on to the next child where one is lost', async () => {
    const { top, children } = replicaOf(3);
    for (const child of children) child.say({ event: 'child-up' });
    children[0]?.failures.set('lookup', failing('ENOTCONN', 'a'));
    await top.wind('lookup', LOOKUP, ROOT_FRAME);
    assert.deepEqual(asked(children), ['a', 'b']);
  });

  it('takes any other error of a child for the answer', async () => {
    const { top, children } = replicaOf(2);
    for (const child of children) child.say({ event: 'child-up' });
    children[0]?.failures.set('lookup', failing('ENOENT', 'a'));
    await assert.rejects(top.wind('lookup', LOOKUP, ROOT_FRAME), { errno: 'ENOENT', where: 'a' });
    assert.deepEqual(asked(children), ['a']);
  });

  it('answers ENOTCONN while no child is up', async () => {
    const { top, children } = replicaOf(2);
    for (const child of children) child.say({ event: 'child-down', why: 'cut' });
    await assert.rejects(top.wind('lookup', LOOKUP, ROOT_FRAME), { errno: 'ENOTCONN', where: 'r' });
    assert.deepEqual(asked(children), []);
  });

  it('lets no lookup give a file its gfid', async () => {
    const { top, children } = replicaOf(1);
    const xdata = dictOfBytes([
      ['gfid-req', Buffer.alloc(16, 1)],
      ['glusterfs.content', Buffer.alloc(4)],
    ]);
    await top.wind('lookup', { ...LOOKUP, xdata }, ROOT_FRAME);
    const [request] = children[0]?.requests ?? [];
    assert.deepEqual(
      [...((request as Request<'lookup'>).xdata ?? [])].map(([key]) => key),
      ['glusterfs.content'],
    );
  });

  const changing = FOP_NAMES.filter((fop) =>
    ['inode-write', 'entry-write', 'lock'].includes(FOP_KIND[fop]),
  );
  for (const fop of changing)
    it(`does not serve ${fop}`, async () => {
      const { top, children } = replicaOf(1);
      children[0]?.say({ event: 'child-up' });
      const wound = top.wind(fop, { xdata: NO_DICT } as never, ROOT_FRAME);
      await assert.rejects(wound, (error) => {
        assert.ok(error instanceof FopError);
        assert.equal(error.errno, 'EOPNOTSUPP');
        assert.match(String(error.cause), new RegExp(`only reads here; ${fop} is not served`));
        return true;
      });
      assert.deepEqual(asked(children), []);
    });

  for (const flags of [O_WRONLY, O_RDWR, O_TRUNC, O_WRONLY | O_APPEND])
    it(`does not open with flags 0${flags.toString(8)}`, async () => {
      const { top, children } = replicaOf(1);
      const fd = new Fd(ROOT_GFID, flags);
      const request = { gfid: ROOT_GFID, flags, fd, xdata: NO_DICT };
      await assert.rejects(top.wind('open', request, ROOT_FRAME), { errno: 'EOPNOTSUPP' });
      assert.deepEqual(asked(children), []);
    });
});

describe('cluster/replicate: open files', () => {
  const read = (fd: Fd) => ({ fd, offset: 0, size: 1, flags: 0, xdata: NO_DICT });

  async function opened() {
    const replica = replicaOf(2);
    for (const child of replica.children) child.say({ event: 'child-up' });
    const fd = new Fd(ROOT_GFID, 0);
    const request = { gfid: ROOT_GFID, flags: 0, fd, xdata: NO_DICT };
    await replica.top.wind('open', request, ROOT_FRAME);
    return { ...replica, fd };
  }

  it('reads where it is open', async () => {
    const { top, children, fd } = await opened();
    await top.wind('readv', read(fd), ROOT_FRAME);
    assert.deepEqual(asked(children), ['a']);
  });

  for (const errno of ['ENOTCONN', 'EBADF'] as const)
    it(`opens it at another child after ${errno}`, async () => {
      const { top, children, fd } = await opened();
      children[0]?.failures.set('readv', failing(errno, 'a'));
      children[0]?.say({ event: 'child-down', why: 'cut' });
      await top.wind('readv', read(fd), ROOT_FRAME);
      await top.wind('release', { fd, xdata: NO_DICT }, ROOT_FRAME);
      assert.deepEqual(children[1]?.wound, ['open', 'readv', 'release']);
    });

  it('continues a listing nowhere else', async () => {
    const { top, children } = replicaOf(2);
    for (const child of children) child.say({ event: 'child-up' });
    const fd = new Fd(ROOT_GFID, 0);
    await top.wind('opendir', { gfid: ROOT_GFID, fd, xdata: NO_DICT }, ROOT_FRAME);
    children[0]?.failures.set('readdirp', failing('ENOTCONN', 'a'));
    children[0]?.say({ event: 'child-down', why: 'cut' });
    const at = (offset: bigint) =>
      top.wind('readdirp', { fd, offset, size: 4096, xdata: NO_DICT }, ROOT_FRAME);
    await assert.rejects(at(7n), { errno: 'ENOTCONN' });
    await at(0n);
    assert.deepEqual(children[1]?.wound, ['opendir', 'readdirp']);
  });

  it('knows no fd that was not opened, nor one that was released', async () => {
    const { top, fd } = await opened();
    await top.wind('release', { fd, xdata: NO_DICT }, ROOT_FRAME);
    await assert.rejects(top.wind('readv', read(fd), ROOT_FRAME), { errno: 'EBADF' });
  });
});

describe('cluster/replicate: notices', () => {
  type Said = readonly [child: 0 | 1, event: 'up' | 'down' | 'refused'];
  const rows: readonly (readonly [readonly Said[], readonly string[]])[] = [
    [[[0, 'up']], ['child-up']],
    [
      [
        [0, 'up'],
        [1, 'up'],
      ],
      ['child-up'],
    ],
    [
      [
        [0, 'up'],
        [1, 'up'],
        [0, 'down'],
      ],
      ['child-up'],
    ],
    [
      [
        [0, 'up'],
        [0, 'down'],
      ],
      ['child-up', 'child-down'],
    ],
    [
      [
        [0, 'up'],
        [1, 'up'],
        [0, 'down'],
        [1, 'down'],
      ],
      ['child-up', 'child-down'],
    ],
    [[[0, 'down']], []],
    [
      [
        [0, 'down'],
        [1, 'down'],
      ],
      ['child-down'],
    ],
    [
      [
        [0, 'down'],
        [1, 'down'],
        [0, 'down'],
      ],
      ['child-down'],
    ],
    [
      [
        [0, 'down'],
        [1, 'down'],
        [1, 'up'],
      ],
      ['child-down', 'child-up'],
    ],
    [
      [
        [0, 'refused'],
        [1, 'down'],
      ],
      ['child-down'],
    ],
    [
      [
        [0, 'refused'],
        [1, 'refused'],
      ],
      ['auth-failed'],
    ],
  ];
  for (const [said, told] of rows)
    it(`${said.map(([child, event]) => `${child} ${event}`).join(', ')}: ${told.join(', ') || 'nothing'}`, () => {
      const { children, heard } = replicaOf(2);
      for (const [child, event] of said) {
        if (event === 'up') children[child]?.say({ event: 'child-up' });
        else
          children[child]?.say({
            event: event === 'down' ? 'child-down' : 'auth-failed',
            why: 'w',
          });
      }
      assert.deepEqual(heard, told);
    });
});
