import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dict, DictValue } from '../../src/fop/dict.js';
import { type ErrnoName, isErrno } from '../../src/fop/error.js';
import { Fd, O_CREAT, O_RDWR } from '../../src/fop/fd.js';
import type { Dirent, FopName, Reply, Request } from '../../src/fop/fops.js';
import { type Frame, ROOT_FRAME } from '../../src/fop/frame.js';
import { type Gfid, NULL_GFID, ROOT_GFID } from '../../src/fop/gfid.js';
import type { ByteString } from '../../src/fop/name.js';
import type { Translator } from '../../src/fop/translator.js';

/** What a row of the contract tests gives: the top of a graph that has been started. */
export interface Stack {
  readonly top: Translator;
  /** False where the stack cannot keep symlinks and special files. */
  readonly hasSpecialFiles: boolean;
  /** The path of its root in the brick; absent where it is the brick's own. */
  readonly rootPath?: string;
  close(): Promise<void>;
}

export type MakeStack = () => Promise<Stack>;

/** An open file of a test. */
export interface Opened {
  readonly gfid: Gfid;
  readonly fd: Fd;
}

/** A dict with values by their kind: numbers are uints, buffers bytes. */
export function dict(pairs: Readonly<Record<string, number | string | Buffer>>): Dict {
  return new Map(
    Object.entries(pairs).map(([key, value]): [string, DictValue] => {
      if (typeof value === 'number') return [key, { type: 'uint', uint: BigInt(value) }];
      if (typeof value === 'string') return [key, { type: 'string', text: value }];
      return [key, { type: 'bytes', bytes: value }];
    }),
  );
}

/** The text of a binary value. */
export function textOf(found: Dict, key: string): string | undefined {
  const value = found?.get(key);
  return value?.type === 'bytes' || value?.type === 'untyped'
    ? value.bytes.toString('latin1')
    : undefined;
}

/** Asserts that a fop fails with this errno. */
export async function refuses(errno: ErrnoName, fop: Promise<unknown>): Promise<void> {
  await assert.rejects(fop, (error) => {
    if (isErrno(error, errno)) return true;
    assert.fail(`expected ${errno}, got ${String(error)}`);
  });
}

/** Short words for the fops of a test, done by root unless said otherwise. */
export class TestVolume {
  constructor(
    readonly top: Translator,
    readonly frame: Frame = ROOT_FRAME,
  ) {}

  as(frame: Partial<Frame>): TestVolume {
    return new TestVolume(this.top, { ...this.frame, ...frame });
  }

  wind<F extends FopName>(fop: F, request: Omit<Request<F>, 'xdata'>, xdata: Dict = null) {
    return this.top.wind(fop, { ...request, xdata } as unknown as Request<F>, this.frame);
  }

  wantGfid(gfid: Gfid = randomUUID()): Map<string, DictValue> {
    return new Map([['gfid-req', { type: 'gfid', gfid }]]);
  }

  mkdir(pargfid: Gfid, bname: ByteString, mode = 0o755): Promise<Reply<'mkdir'>> {
    return this.wind('mkdir', { pargfid, bname, mode, umask: 0 }, this.wantGfid());
  }

  async directory(bname: ByteString, pargfid = ROOT_GFID): Promise<Gfid> {
    return (await this.mkdir(pargfid, bname)).stat.gfid;
  }

  async create(
    pargfid: Gfid,
    bname: ByteString,
    flags = O_RDWR | O_CREAT,
    gfid: Gfid = randomUUID(),
  ): Promise<Opened & { readonly reply: Reply<'create'> }> {
    const fd = new Fd(gfid, flags);
    const request = { pargfid, bname, flags, mode: 0o644, umask: 0, fd };
    const reply = await this.wind('create', request, this.wantGfid(gfid));
    return { gfid: reply.stat.gfid, fd, reply };
  }

  /** A file with this content that nobody has open. */
  async file(bname: ByteString, text = '', pargfid = ROOT_GFID): Promise<Gfid> {
    const { gfid, fd } = await this.create(pargfid, bname);
    if (text !== '') await this.write(fd, text);
    await this.release(fd);
    return gfid;
  }

  async open(gfid: Gfid, flags: number): Promise<Fd> {
    const fd = new Fd(gfid, flags);
    await this.wind('open', { gfid, flags, fd });
    return fd;
  }

  write(fd: Fd, text: string, offset = 0, flags = 0, xdata: Dict = null) {
    const data = Buffer.from(text, 'latin1');
    return this.wind('writev', { fd, offset, flags, data }, xdata);
  }

  async read(fd: Fd, offset = 0, size = 65_536): Promise<string> {
    const { data } = await this.wind('readv', { fd, offset, size, flags: 0 });
    return data.toString('latin1');
  }

  async content(gfid: Gfid): Promise<string> {
    return this.read(Fd.anonymous(gfid));
  }

  async release(fd: Fd): Promise<void> {
    await this.wind('flush', { fd });
    await this.wind('release', { fd });
  }

  lookup(pargfid: Gfid, bname: ByteString, xdata: Dict = null): Promise<Reply<'lookup'>> {
    return this.wind('lookup', { gfid: NULL_GFID, pargfid, bname }, xdata);
  }

  async stat(gfid: Gfid) {
    return (await this.wind('stat', { gfid })).stat;
  }

  unlink(pargfid: Gfid, bname: ByteString, xdata: Dict = null) {
    return this.wind('unlink', { pargfid, bname, xflags: 0 }, xdata);
  }

  rename(oldpargfid: Gfid, oldbname: ByteString, newpargfid: Gfid, newbname: ByteString) {
    return this.wind('rename', { oldpargfid, oldbname, newpargfid, newbname });
  }

  link(gfid: Gfid, newpargfid: Gfid, newbname: ByteString) {
    return this.wind('link', { gfid, newpargfid, newbname });
  }

  put(bname: ByteString, text: string, options: Partial<Request<'put'>> = {}) {
    return this.wind(
      'put',
      {
        pargfid: ROOT_GFID,
        bname,
        mode: 0o644,
        umask: 0,
        flags: 0,
        offset: 0,
        xattr: null,
        data: Buffer.from(text, 'latin1'),
        ...options,
      },
      options.xdata ?? this.wantGfid(),
    );
  }

  async opendir(gfid: Gfid): Promise<Fd> {
    const fd = new Fd(gfid, 0);
    await this.wind('opendir', { gfid, fd });
    return fd;
  }

  /** The names of a directory, sorted, without `.` and `..`. */
  async names(gfid: Gfid = ROOT_GFID): Promise<string[]> {
    const fd = await this.opendir(gfid);
    const found = await this.entries(fd);
    await this.wind('releasedir', { fd });
    return found
      .map(({ name }) => name)
      .filter((name) => name !== '.' && name !== '..')
      .sort();
  }

  async entries(fd: Fd, size = 4096): Promise<Dirent[]> {
    const all: Dirent[] = [];
    for (let offset = 0n; ; ) {
      const { entries, isEof } = await this.wind('readdir', { fd, offset, size });
      all.push(...entries);
      offset = entries.at(-1)?.offset ?? offset;
      if (isEof || entries.length === 0) return all;
    }
  }
}
