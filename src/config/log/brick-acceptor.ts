import type { DictValue } from '../../fop/dict.js';
import { FopError, isErrno } from '../../fop/error.js';
import { Fd, O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_RDWR } from '../../fop/fd.js';
import type { Reply } from '../../fop/fops.js';
import { ROOT_FRAME } from '../../fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../fop/gfid.js';
import { FAILED_SYNC_XATTR } from '../../fop/keys.js';
import type { Translator } from '../../fop/translator.js';
import type { Clock, Random } from '../../platform/platform.js';
import { NoSpace } from '../disk-problem.js';
import type { Acceptor, AcceptorMaker } from './acceptor.js';
import { decodeEntry, entryLength, isWhole, type LogHeader } from './entry.js';
import { unsynced } from './lost-vote.js';

/** The file of the live segment. Later segments will be `log.2` and so on. */
export const LOG_NAME = 'log.1';
const HEADER_READ_BYTES = 4096;
const ATOMIC: ReadonlyMap<string, DictValue> = new Map([
  ['glusterfs.write-update-atomic', { type: 'uint', uint: 1n }],
]);

const ASKED: ReadonlyMap<string, DictValue> = new Map([
  [FAILED_SYNC_XATTR, { type: 'uint', uint: 0n }],
]);

/**
 * An acceptor over any graph: protocol/client in production, storage/posix itself in tests.
 * One WRITE on an O_APPEND fd with O_DSYNC each append, so it works on a stock brick too.
 */
export class BrickAcceptor implements Acceptor, AcceptorMaker {
  private fd: Fd | undefined;

  constructor(
    private readonly brick: Pick<Translator, 'name' | 'wind'>,
    private readonly clock: Clock,
    private readonly random: Random,
    /** For each call. */
    private readonly timeoutMs: number,
    /** Settles when the brick can be asked, or not for now. */
    private readonly ready: () => Promise<void> = async () => undefined,
  ) {}

  async open(): Promise<LogHeader> {
    this.close();
    await this.ready();
    const found = await this.within(
      this.brick.wind(
        'lookup',
        { gfid: ROOT_GFID, pargfid: ROOT_GFID, bname: LOG_NAME, xdata: ASKED },
        ROOT_FRAME,
      ),
    );
    if (found.xdata?.has(FAILED_SYNC_XATTR)) throw unsynced('a sync of it has failed before');
    const fd = await this.openFd(found.stat.gfid);
    this.fd = fd;
    return this.readHeader();
  }

  private async openFd(gfid: Gfid): Promise<Fd> {
    const flags = O_RDWR | O_APPEND | O_DSYNC;
    const fd = new Fd(gfid, flags);
    await this.within(this.brick.wind('open', { gfid, flags, fd, xdata: null }, ROOT_FRAME));
    return fd;
  }

  private async readHeader(): Promise<LogHeader> {
    const bytes = await this.read(0, HEADER_READ_BYTES);
    const length = entryLength(bytes, 0);
    if (length === undefined || !isWhole(bytes, 0, length))
      throw new FopError('EUCLEAN', `${this.brick.name}: no header`);
    const entry = decodeEntry(bytes, 0, length);
    if (entry.body.kind !== 'header')
      throw new FopError('EUCLEAN', `${this.brick.name}: no header`);
    return entry.body.header;
  }

  async append(bytes: Buffer): Promise<number> {
    const request = { fd: this.opened(), offset: 0, flags: O_DSYNC, data: bytes, xdata: ATOMIC };
    const reply = await this.within(this.brick.wind('writev', request, ROOT_FRAME)).catch(
      async (error: unknown) => {
        throw isErrno(error, 'ENOSPC') ? await this.noSpace(error) : error;
      },
    );
    if (reply.written !== bytes.length)
      throw new FopError('ENOSPC', `${this.brick.name}: short write`);
    return reply.postbuf.size;
  }

  private async noSpace(error: FopError): Promise<FopError> {
    const asked = this.brick.wind('statfs', { gfid: ROOT_GFID, xdata: null }, ROOT_FRAME);
    try {
      const { statfs } = await this.within(asked);
      return new NoSpace(error.where, statfs.bavail * statfs.frsize, error);
    } catch {
      return error;
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const reply: Reply<'readv'> = await this.within(
      this.brick.wind(
        'readv',
        { fd: this.opened(), offset, size: length, flags: 0, xdata: null },
        ROOT_FRAME,
      ),
    );
    return Buffer.from(reply.data);
  }

  async size(): Promise<number> {
    const reply = await this.within(
      this.brick.wind('fstat', { fd: this.opened(), xdata: null }, ROOT_FRAME),
    );
    return reply.stat.size;
  }

  close(): void {
    const fd = this.fd;
    this.fd = undefined;
    if (fd) this.brick.wind('release', { fd, xdata: null }, ROOT_FRAME).catch(() => undefined);
  }

  async create(first: Buffer): Promise<void> {
    await this.ready();
    const aside = `${LOG_NAME}.${this.random.uuid()}`;
    const gfid = this.random.uuid();
    const flags = O_RDWR | O_APPEND | O_DSYNC | O_CREAT | O_EXCL;
    const fd = new Fd(gfid, flags);
    const xdata = new Map<string, DictValue>([['gfid-req', { type: 'gfid', gfid }]]);
    const parent = { pargfid: ROOT_GFID, bname: aside };
    await this.within(
      this.brick.wind('create', { ...parent, flags, mode: 0o600, umask: 0, fd, xdata }, ROOT_FRAME),
    );
    this.fd = fd;
    await this.append(first);
    const link = { gfid, newpargfid: ROOT_GFID, newbname: LOG_NAME, xdata: null };
    await this.within(this.brick.wind('link', link, ROOT_FRAME));
    await this.within(this.brick.wind('unlink', { ...parent, xflags: 0, xdata: null }, ROOT_FRAME));
    await this.within(this.brick.wind('fsync', { fd, datasync: 0, xdata: null }, ROOT_FRAME));
    await this.syncNames();
    this.close();
  }

  /** A stock brick answers this without doing it; its fsync of the file carries the name (protocol, section 3). */
  private async syncNames(): Promise<void> {
    const fd = new Fd(ROOT_GFID, 0);
    await this.within(this.brick.wind('opendir', { gfid: ROOT_GFID, fd, xdata: null }, ROOT_FRAME));
    await this.within(this.brick.wind('fsyncdir', { fd, datasync: 0, xdata: null }, ROOT_FRAME));
    await this.within(this.brick.wind('releasedir', { fd, xdata: null }, ROOT_FRAME));
  }

  private opened(): Fd {
    if (this.fd === undefined) throw new FopError('EBADF', `${this.brick.name}: log not open`);
    return this.fd;
  }

  private within<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(this.timeoutMs, () =>
        reject(new FopError('ETIMEDOUT', `${this.brick.name}: no answer in ${this.timeoutMs} ms`)),
      );
      promise.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
