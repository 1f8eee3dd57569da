import { FopError, isErrno } from '../../src/fop/error.js';
import { type Fd, O_CREAT, O_DSYNC, O_EXCL, O_RDWR } from '../../src/fop/fd.js';
import { ROOT_FRAME } from '../../src/fop/frame.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Translator } from '../../src/fop/translator.js';
import { outcomeOf } from '../../src/fop/wind.js';
import { sleep } from '../../src/platform/platform.js';
import { TestVolume } from '../contract/volume.js';
import type { History, Outcome } from './history.js';
import type { SimProcess } from './process.js';
import type { ReplicaLedger } from './replica-ledger.js';

const REGISTERS = ['r1', 'r2'];
export const BLOCK_BYTES = 64;
const BLOCKS = 4;
const FILES = 6;
const MAX_LOOKS = 5;

/**
 * One client of a replica set: it delivers messages as a mail server does (a temporary name, written, synced, renamed), removes
 * some, replaces registers by renaming over them and reads them, and rewrites a file of its own in place. Any FopError is a doubtful outcome.
 */
export class ReplicaClient {
  answers = 0;
  private readonly random;
  private readonly volume: TestVolume;
  private sequence = 0;
  /** Files that are rewritten now and then, so that some are at rest when a brick goes. */
  private own: (Fd | undefined)[] = [];

  constructor(
    private readonly process: SimProcess,
    top: Translator,
    private readonly ledger: ReplicaLedger,
    private readonly history: History,
    private readonly isOver: () => boolean,
  ) {
    this.random = process.random.fork('work');
    this.volume = new TestVolume(top, { ...ROOT_FRAME, pid: 1000 });
  }

  async work(): Promise<void> {
    while (!this.isOver()) {
      await sleep(this.process.clock, this.random.exponential(60));
      const act = this.random.pick([
        'deliver',
        'deliver',
        'remove',
        'put',
        'get',
        'get',
        'rewrite',
      ] as const);
      try {
        await this[act]();
        this.answers += 1;
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
        this.doubt(act, error);
      }
    }
  }

  /** One of this client's own files. */
  private file(number: number): string {
    return `own-${this.process.label.replaceAll('/', '-')}-${number}`;
  }

  private doubt(act: string, error: FopError): void {
    const { label, kernel } = this.process;
    kernel.note(`${label}: ${act}: ${error.message} ${String(error.cause ?? '')}`);
    this.own = [];
    if (error.errno === 'EIO')
      this.ledger.scandals.push(`${label}: ${act}: EIO ${String(error.cause ?? '')}`);
  }

  private async deliver(): Promise<void> {
    const name = `m-${this.process.machine.name}-${this.unique()}`;
    this.ledger.attempt(name, `<${name}>`);
    await this.writeAs(name, `<${name}>`);
    this.ledger.become(name, 'there');
  }

  private async remove(): Promise<void> {
    const mine = this.ledger.living.filter((name) =>
      name.startsWith(`m-${this.process.machine.name}-`),
    );
    if (mine.length === 0) return;
    const name = this.random.pick(mine);
    this.ledger.become(name, 'maybe-gone');
    await this.volume.unlink(ROOT_GFID, name);
    this.ledger.become(name, 'gone');
  }

  private unique(): string {
    this.sequence += 1;
    return `${this.process.label.split('#').at(-1)}-${this.sequence}`;
  }

  /** As mail servers and editors do: nobody sees half of it. */
  private async writeAs(name: string, text: string): Promise<void> {
    const temporary = `t-${this.process.machine.name}-${this.unique()}`;
    const gfid = this.random.uuid();
    const { fd } = await this.volume.create(ROOT_GFID, temporary, O_RDWR | O_CREAT | O_EXCL, gfid);
    await this.volume.write(fd, text);
    await this.volume.wind('fsync', { fd, datasync: 0 });
    await this.volume.release(fd);
    await this.volume.rename(ROOT_GFID, temporary, ROOT_GFID, name);
  }

  private async put(): Promise<void> {
    const key = this.random.pick(REGISTERS);
    const value = this.unique() + this.process.machine.name;
    const told = this.history.invoke(this.process.label, key, { kind: 'put', value });
    await this.telling(told, async () => {
      await this.writeAs(key, value);
      return { done: true };
    });
  }

  private async get(): Promise<void> {
    const key = this.random.pick(REGISTERS);
    const told = this.history.invoke(this.process.label, key, { kind: 'get' });
    await this.telling(told, () => this.look(key));
  }

  private async telling(told: (outcome: Outcome) => void, act: () => Promise<Outcome>) {
    try {
      told(await act());
    } catch (error) {
      told('unknown');
      throw error;
    }
  }

  /** What was replaced between the look and the read is looked at again. */
  private async look(key: string): Promise<Outcome> {
    for (let look = 1; ; look += 1) {
      const found = await outcomeOf(this.volume.lookup(ROOT_GFID, key));
      if ('error' in found && found.error.errno === 'ENOENT') return { value: null };
      if ('error' in found) throw found.error;
      const read = await outcomeOf(this.volume.content(found.reply.stat.gfid));
      if ('reply' in read) return { value: read.reply };
      if (!isErrno(read.error, 'ENOENT', 'ESTALE') || look > MAX_LOOKS) throw read.error;
    }
  }

  private async rewrite(): Promise<void> {
    const number = this.random.int(FILES);
    const fd = this.own[number] ?? (await this.open(number));
    this.own[number] = fd;
    const block = this.random.int(BLOCKS);
    const text = `${block}-${this.unique()}`;
    const key = `${this.file(number)}:${block}`;
    this.ledger.writing(key, text);
    await this.volume.write(fd, text.padEnd(BLOCK_BYTES, '.'), block * BLOCK_BYTES);
    this.ledger.written(key, text);
  }

  private async open(number: number): Promise<Fd> {
    const name = this.file(number);
    try {
      const { stat } = await this.volume.lookup(ROOT_GFID, name);
      return await this.volume.open(stat.gfid, O_RDWR | O_DSYNC);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      const flags = O_RDWR | O_CREAT | O_DSYNC;
      return (await this.volume.create(ROOT_GFID, name, flags, this.random.uuid())).fd;
    }
  }
}
