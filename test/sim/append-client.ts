import type { DictValue } from '../../src/fop/dict.js';
import { FopError } from '../../src/fop/error.js';
import { Fd, O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_RDWR } from '../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../src/fop/fops.js';
import { ROOT_FRAME } from '../../src/fop/frame.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Translator } from '../../src/fop/translator.js';
import { sleep } from '../../src/platform/platform.js';
import type { AppendLedger, Attempt } from './append-ledger.js';
import type { SimProcess } from './process.js';

const FLAGS = O_RDWR | O_APPEND | O_DSYNC;
const ATOMIC: ReadonlyMap<string, DictValue> = new Map([
  ['glusterfs.write-update-atomic', { type: 'uint', uint: 1n }],
]);

/** After the loss of a connection, and between two appends. */
const PAUSE_MS = 60;

/** Appends to one file through whatever lies below, for ever, and keeps the books. Any FopError is a doubtful outcome. */
export class AppendClient {
  answers = 0;
  private readonly random;
  private sequence = 0;
  private unanswered: Attempt | undefined;

  constructor(
    private readonly process: SimProcess,
    private readonly top: Translator,
    private readonly name: string,
    private readonly ledger: AppendLedger,
    /** A bug: what got no answer is sent again. */
    private readonly resends = false,
  ) {
    this.random = process.random.fork('work');
  }

  async work(): Promise<never> {
    for (;;) {
      try {
        await this.session(await this.open());
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
        this.process.kernel.note(`${this.process.label}: ${error.message}`);
      }
      await this.pause();
    }
  }

  private async session(fd: Fd): Promise<never> {
    for (;;) {
      await this.append(fd);
      if (this.random.chance(0.2)) await this.check(fd);
      if (this.random.chance(0.5)) await this.pause();
    }
  }

  private async append(fd: Fd): Promise<void> {
    const id = `<${this.process.label}:${this.sequence++}>`;
    const size = Math.ceil(this.random.exponential(this.random.chance(0.02) ? 100_000 : 300));
    const filler = Buffer.alloc(size, `${this.random.next().toString(36)}.`);
    const data = Buffer.concat([Buffer.from(id), filler, Buffer.from('\n')]);
    const attempt = this.unanswered ?? this.ledger.begin(id, data);
    if (this.resends) this.unanswered = attempt;
    const request = { fd, offset: 0, flags: O_DSYNC, data: attempt.bytes, xdata: ATOMIC };
    const reply = await this.wind('writev', request);
    this.unanswered = undefined;
    this.ledger.answered(attempt, reply.written, reply.prebuf.size, reply.postbuf.size);
    this.answers++;
  }

  /** Reads something back that was confirmed. */
  private async check(fd: Fd): Promise<void> {
    const { confirmed } = this.ledger;
    if (confirmed.length === 0) return;
    const attempt = this.random.pick(confirmed);
    const size = attempt.bytes.length;
    const offset = (attempt.endOffset ?? 0) - size;
    const reply = await this.wind('readv', { fd, offset, size, flags: 0, xdata: null });
    this.ledger.read(attempt, reply.data);
  }

  private async open(): Promise<Fd> {
    try {
      const entry = { gfid: ROOT_GFID, pargfid: ROOT_GFID, bname: this.name };
      const { stat } = await this.wind('lookup', { ...entry, xdata: null });
      const fd = new Fd(stat.gfid, FLAGS);
      await this.wind('open', { gfid: stat.gfid, flags: FLAGS, fd, xdata: null });
      return fd;
    } catch (error) {
      if (error instanceof FopError && error.errno === 'ENOENT') return this.create();
      throw error;
    }
  }

  private async create(): Promise<Fd> {
    const gfid = this.random.uuid();
    const flags = FLAGS | O_CREAT | O_EXCL;
    const fd = new Fd(gfid, flags);
    const entry = { pargfid: ROOT_GFID, bname: this.name, mode: 0o600, umask: 0 };
    const xdata = new Map<string, DictValue>([['gfid-req', { type: 'gfid', gfid }]]);
    await this.wind('create', { ...entry, flags, fd, xdata });
    return fd;
  }

  private wind<F extends FopName>(fop: F, request: Request<F>): Promise<Reply<F>> {
    return this.top.wind(fop, request, ROOT_FRAME);
  }

  private pause(): Promise<void> {
    return sleep(this.process.clock, this.random.exponential(PAUSE_MS));
  }
}
