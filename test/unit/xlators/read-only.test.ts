import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DictValue } from '../../../src/fop/dict.js';
import { Fd, O_CREAT, O_RDONLY, O_RDWR } from '../../../src/fop/fd.js';
import type { Client, Frame } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { NO_IATT } from '../../../src/fop/iatt.js';
import type { Notice } from '../../../src/fop/translator.js';
import {
  APPLIED_KEY,
  APPLIED_MS_KEY,
  APPLIED_OP,
} from '../../../src/xlators/features/read-only/read-only.js';
import { type PosixStack, posixStack } from '../../contract/stacks.js';
import { dict, refuses, TestVolume } from '../../contract/volume.js';
import { ManualClock } from '../rpc/manual-clock.js';

const WRITER: Client = { id: 'w', login: 'applier', address: '192.0.2.1:1' };
const READER: Client = { id: 'r', login: 'reader', address: '192.0.2.2:1' };

async function guarded(options: Readonly<Record<string, string>>): Promise<PosixStack> {
  return posixStack({ on: 'sim', above: ['features/read-only'], options });
}

function as(stack: PosixStack, client: Client, frame: Partial<Frame> = {}): TestVolume {
  return new TestVolume(stack.top).as({ client, ...frame });
}

describe('features/read-only', () => {
  it('refuses every change of a reader, and of one with a negative pid', async () => {
    const stack = await guarded({ 'read-only': 'on', writer: 'applier' });
    const gfid = await as(stack, WRITER).file('f', 'text');
    const fd = Fd.anonymous(gfid);
    const data = Buffer.from('x');
    for (const reader of [as(stack, READER), as(stack, READER, { pid: -6 })]) {
      const changes: Promise<unknown>[] = [
        reader.mkdir(ROOT_GFID, 'd'),
        reader.create(ROOT_GFID, 'g'),
        reader.create(ROOT_GFID, 'f', O_RDONLY | O_CREAT),
        reader.put('f', 'x'),
        reader.unlink(ROOT_GFID, 'f'),
        reader.rename(ROOT_GFID, 'f', ROOT_GFID, 'g'),
        reader.link(gfid, ROOT_GFID, 'g'),
        reader.open(gfid, O_RDWR),
        reader.write(fd, 'x'),
        reader.wind('truncate', { gfid, offset: 0 }),
        reader.wind('setattr', { gfid, stbuf: NO_IATT, valid: 1 }),
        reader.wind('setxattr', { gfid, flags: 0, dict: dict({ 'user.a': data }) }),
        reader.wind('removexattr', { gfid, name: 'user.a' }),
        reader.wind('xattrop', { gfid, flags: 0, dict: dict({ 'trusted.a': data }) }),
        reader.wind('fallocate', { fd, mode: 0, offset: 0, size: 1 }),
      ];
      for (const change of changes) await refuses('EROFS', change);
      assert.equal(await reader.content(gfid), 'text');
      const file = await reader.open(gfid, O_RDONLY);
      assert.equal(await reader.read(file), 'text');
      await reader.release(file);
      assert.deepEqual(await reader.names(), ['f']);
    }
    await stack.close();
  });

  it('shows nothing after the time for which the writer said that all is applied', async () => {
    const clock = new ManualClock();
    const options = { 'read-only': 'on', writer: 'applier', 'up-while-applied': 'on' };
    const stack = await posixStack({ on: 'sim', above: ['features/read-only'], options, clock });
    const told: string[] = [];
    stack.top.listen(({ event }) => void told.push(event));
    const say = () => {
      const words: ReadonlyMap<string, DictValue> = new Map([
        [APPLIED_KEY, { type: 'int', int: 1n }],
        [APPLIED_MS_KEY, { type: 'int', int: 3000n }],
      ]);
      return as(stack, WRITER).wind('ipc', { op: APPLIED_OP }, words);
    };
    await say();
    await clock.advance(2000);
    await say();
    await clock.advance(2000);
    assert.deepEqual(told, ['child-up'], 'said again in time, it stays open');
    await clock.advance(1000);
    assert.deepEqual(told, ['child-up', 'child-down']);
    await refuses('ENOTCONN', as(stack, READER).names());
    await say();
    assert.deepEqual(await as(stack, READER).names(), []);
    await stack.close();
  });

  it('refuses everybody where there is no writer', async () => {
    const stack = await guarded({ 'read-only': 'on' });
    await refuses('EROFS', as(stack, WRITER).mkdir(ROOT_GFID, 'd'));
    await refuses('EROFS', new TestVolume(stack.top).mkdir(ROOT_GFID, 'd'));
    await stack.close();
  });

  it("lets a reader's lookup create nothing", async () => {
    const stack = await guarded({ 'read-only': 'on', writer: 'applier' });
    stack.disk.mkdir(`${stack.path}/planted`, 0o755);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const wanted = as(stack, READER).wantGfid(randomUUID());
    await refuses('ENODATA', as(stack, READER).lookup(ROOT_GFID, 'planted', wanted));
    const gfid = randomUUID();
    const found = await as(stack, WRITER).lookup(
      ROOT_GFID,
      'planted',
      wanted.set('gfid-req', { type: 'gfid', gfid }),
    );
    assert.equal(found.stat.gfid, gfid);
    await stack.close();
  });
});

describe('features/read-only, up while applied', () => {
  let stack: PosixStack;
  let notices: string[];
  beforeEach(async () => {
    stack = await guarded({ 'read-only': 'on', writer: 'applier', 'up-while-applied': 'on' });
    notices = [];
    stack.top.listen((notice: Notice) => notices.push(notice.event));
  });
  afterEach(() => stack.close());

  const applied = (client: Client, int: bigint) =>
    as(stack, client).wind(
      'ipc',
      { op: APPLIED_OP },
      new Map([[APPLIED_KEY, { type: 'int', int }]]),
    );
  const reads = () => as(stack, READER).stat(ROOT_GFID);

  it('serves readers only between the words of the writer', async () => {
    await refuses('ENOTCONN', reads());
    await as(stack, WRITER).mkdir(ROOT_GFID, 'd');
    await applied(WRITER, 1n);
    await reads();
    await applied(WRITER, 1n);
    await applied(WRITER, 0n);
    await refuses('ENOTCONN', reads());
    await applied(WRITER, 0n);
    assert.deepEqual(notices, ['child-up', 'child-down']);
  });

  it('closes when the connection that opened it is gone, and no other', async () => {
    await applied(WRITER, 1n);
    stack.top.clientGone(READER);
    await reads();
    const second = { ...WRITER, id: 'w2' };
    await applied(second, 1n);
    stack.top.clientGone(WRITER);
    await reads();
    stack.top.clientGone(second);
    await refuses('ENOTCONN', reads());
    assert.deepEqual(notices, ['child-up', 'child-down']);
  });

  it('hears the word from the writer only', async () => {
    await refuses('ENOTCONN', applied(READER, 1n));
    await refuses('ENOTCONN', reads());
    await applied(WRITER, 1n);
    await refuses('EROFS', applied(READER, 0n));
    await reads();
    await refuses('EINVAL', as(stack, WRITER).wind('ipc', { op: APPLIED_OP }));
    await refuses('EOPNOTSUPP', as(stack, WRITER).wind('ipc', { op: 1 }));
  });

  it('lets readers give back what they have', async () => {
    const gfid = await as(stack, WRITER).file('f');
    await applied(WRITER, 1n);
    const fd = await as(stack, READER).open(gfid, O_RDONLY);
    await applied(WRITER, 0n);
    await as(stack, READER).release(fd);
  });

  it('needs a writer to be named', async () => {
    await assert.rejects(guarded({ 'up-while-applied': 'on' }), /needs option writer/);
  });
});
