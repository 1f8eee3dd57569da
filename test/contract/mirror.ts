import assert from 'node:assert/strict';
import { Fd, O_ACCMODE, O_RDONLY, O_TRUNC } from '../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../src/fop/fops.js';
import type { Frame } from '../../src/fop/frame.js';
import type { Gfid } from '../../src/fop/gfid.js';
import { type Handlers, type Translator, Xlator } from '../../src/fop/translator.js';
import { windAll } from '../../src/fop/wind.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';

const READS: readonly FopName[] = [
  ...(['lookup', 'stat', 'readlink', 'access', 'getxattr', 'statfs', 'opendir'] as const),
  ...(['readdir', 'readdirp', 'releasedir', 'fsyncdir'] as const),
];
const READS_BY_FD: readonly FopName[] = ['readv', 'fstat', 'fgetxattr', 'seek', 'rchecksum'];

/**
 * Reads through a replica set that cannot write, and does what changes something at each brick below it, by itself. So
 * the whole contract says what the replica set's reading is to be like. Its children are the replica set and the bricks.
 */
class Mirror extends Xlator {
  readonly type = 'test/mirror';
  protected readonly handlers: Handlers = {
    open: (request, frame) => this.open(request, frame),
    create: (request, frame) => this.create(request, frame),
    flush: (request, frame) => this.end('flush', request, frame),
    release: (request, frame) => this.end('release', request, frame),
  };
  private readonly readers = new WeakMap<Fd, Fd>();
  private readonly written = new WeakSet<Fd>();
  private readonly replica: Translator;
  private readonly bricks: readonly Translator[];

  constructor(name: string, children: readonly Translator[]) {
    super(name, children);
    const [replica, ...bricks] = children;
    assert.ok(replica);
    this.replica = replica;
    this.bricks = bricks;
  }

  protected otherwise<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (READS.includes(fop)) return this.replica.wind(fop, request, frame);
    if (!READS_BY_FD.includes(fop)) return this.everywhere(fop, request, frame);
    const { fd } = request as Request<'fstat'>;
    const asRead = { ...request, fd: this.readers.get(fd) ?? fd };
    return this.replica.wind(fop, asRead, frame);
  }

  /** All bricks come to the same, or it is no mirror. */
  private async everywhere<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const outcomes = await windAll(this.bricks, fop, request, frame);
    const [first] = outcomes;
    assert.ok(first);
    for (const other of outcomes)
      if ('error' in first) assert.equal('error' in other && other.error.errno, first.error.errno);
      else assert.ok('reply' in other, `${fop} fails on one brick only`);
    if ('error' in first) throw first.error;
    return first.reply;
  }

  private async open(request: Request<'open'>, frame: Frame): Promise<Reply<'open'>> {
    const { gfid, flags, fd } = request;
    if ((flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0) {
      await this.everywhere('open', request, frame);
      this.written.add(fd);
    }
    return this.openReader(fd, gfid, frame);
  }

  private async create(request: Request<'create'>, frame: Frame): Promise<Reply<'create'>> {
    const reply = await this.everywhere('create', request, frame);
    this.written.add(request.fd);
    await this.openReader(request.fd, reply.stat.gfid, frame);
    return reply;
  }

  private async openReader(fd: Fd, gfid: Gfid, frame: Frame): Promise<Reply<'open'>> {
    const reader = new Fd(gfid, O_RDONLY);
    const request = { gfid, flags: O_RDONLY, fd: reader, xdata: null };
    const reply = await this.replica.wind('open', request, frame);
    this.readers.set(fd, reader);
    return reply;
  }

  private async end(
    fop: 'flush' | 'release',
    request: Request<'flush'>,
    frame: Frame,
  ): Promise<Reply<'flush'>> {
    const reader = this.readers.get(request.fd) ?? request.fd;
    if (this.written.has(request.fd)) await this.everywhere(fop, request, frame);
    return this.replica.wind(fop, { ...request, fd: reader }, frame);
  }
}

export const TEST_MIRROR: TranslatorSpec = {
  type: 'test/mirror',
  children: { min: 2, max: 8 },
  options: [],
  create: ({ name, children }) => new Mirror(name, children),
};
