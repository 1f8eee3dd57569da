import { type ErrnoName, FopError } from '../../../fop/error.js';
import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Gfid } from '../../../fop/gfid.js';
import type { Notice, Translator } from '../../../fop/translator.js';
import { type Outcome, windAll } from '../../../fop/wind.js';
import type { Clock, Timer } from '../../../platform/platform.js';
import { ReplicaChildren } from './children.js';
import { CopiesBehind } from './mender.js';
import { describeQuorum, isQuorum } from './quorum.js';
import type { ReplicateSettings } from './settings.js';

/** How long the first fops wait for children of which nothing has been heard yet. */
const FIRST_WORDS_MS = 2000;

/** What a child said, by its number. */
export interface ChildOutcome<F extends FopName> {
  readonly child: number;
  readonly outcome: Outcome<Reply<F>>;
}

export type LogLevel = Extract<Notice, { event: 'log' }>['level'];
export type Tell = (
  level: LogLevel,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** What all parts of one replica set share: its children, their states, and who may be asked. */
export class Replica {
  readonly children: ReplicaChildren;
  private readonly loads: number[];
  private waiting: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  private timer: Timer | undefined;
  private owners = 0n;
  private readonly unfinished = new Set<Promise<void>>();

  constructor(
    readonly name: string,
    children: readonly Translator[],
    readonly settings: ReplicateSettings,
    readonly clock: Clock,
    readonly tell: Tell,
  ) {
    this.children = new ReplicaChildren(children, settings.quorum);
    this.loads = children.map(() => 0);
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.waiting = { over, end };
  }

  get count(): number {
    return this.children.all.length;
  }

  /** Fops wait until every child has been heard of, but not for long. */
  start(): void {
    if (this.waiting === undefined) return;
    this.timer = this.clock.after(FIRST_WORDS_MS, () => this.endWaiting());
  }

  stop(): void {
    this.timer?.cancel();
    this.endWaiting();
  }

  /** A child was heard of. */
  changed(): void {
    if (this.children.areKnown) this.endWaiting();
  }

  private endWaiting(): void {
    this.timer?.cancel();
    this.waiting?.end();
    this.waiting = undefined;
  }

  /** Whether these are a quorum. */
  isEnough(numbers: readonly number[]): boolean {
    return isQuorum(numbers, this.settings.quorum, this.count);
  }

  /** All children but these. */
  without(numbers: readonly number[]): readonly number[] {
    return [...this.children.all.keys()].filter((number) => !numbers.includes(number));
  }

  /** A frame of this replica set's own, with a lock owner that no other has: whatever it does for `frame`. */
  ownFrame(frame: Frame): Frame {
    this.owners += 1n;
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(this.owners);
    return { ...frame, uid: 0, gid: 0, groups: [0], lkOwner: bytes.toString('latin1') };
  }

  /** Work that no answer waits for, and `stop` does. It never rejects but for a bug. */
  later(work: Promise<void>): void {
    this.unfinished.add(work);
    const over = (): void => void this.unfinished.delete(work);
    work.then(over, (error: unknown) => {
      over();
      throw error;
    });
  }

  /** Settles when nothing of that is left. */
  async quiet(): Promise<void> {
    while (this.unfinished.size > 0) for (const work of [...this.unfinished]) await work;
  }

  /** The children to ask, once there are enough of them; ENOTCONN where there are not. */
  async ready(): Promise<readonly number[]> {
    if (this.waiting) await this.waiting.over;
    const { up, hasQuorum } = this.children;
    if (!hasQuorum) throw this.noQuorum(`${up.length} subvolumes are up`);
    return up;
  }

  /** Winds to some children at once. */
  async windAll<F extends FopName>(
    numbers: readonly number[],
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<readonly ChildOutcome<F>[]> {
    const children = numbers.map((number) => this.child(number));
    const outcomes = await windAll(children, fop, request, frame);
    return outcomes.map((outcome, index) => ({ child: numbers[index] ?? -1, outcome }));
  }

  /** The same without those that were lost; ENOTCONN where too few are left. */
  async windQuorum<F extends FopName>(
    numbers: readonly number[],
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<readonly ChildOutcome<F>[]> {
    const outcomes = await this.windAll(numbers, fop, request, frame);
    const said = outcomes.filter(
      ({ outcome }) => !('error' in outcome && outcome.error.errno === 'ENOTCONN'),
    );
    const answered = said.map(({ child }) => child);
    if (!isQuorum(answered, this.settings.quorum, this.count))
      throw this.noQuorum(`${answered.length} subvolumes answered`);
    return said;
  }

  /** Winds to one child. */
  async windTo<F extends FopName>(
    number: number,
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    this.loads[number] = this.load(number) + 1;
    try {
      return await this.child(number).wind(fop, request, frame);
    } finally {
      this.loads[number] = this.load(number) - 1;
    }
  }

  /** How many reads are under way at a child. */
  load(number: number): number {
    return this.loads[number] ?? 0;
  }

  child(number: number): Translator {
    const found = this.children.all[number];
    if (found === undefined) throw new TypeError(`${this.name} has no subvolume ${number}`);
    return found;
  }

  error(errno: ErrnoName, why: string): FopError {
    return new FopError(errno, this.name, new Error(why));
  }

  /** Too few copies that are up are good; EIO where none is that a heal might find later. */
  behind(gfids: readonly Gfid[], why: string, errno?: ErrnoName): FopError {
    const isSplit = this.children.up.length === this.count;
    const words = isSplit ? `split-brain: ${why}` : `${why}; others may be where nobody answers`;
    return new FopError(
      errno ?? (isSplit ? 'EIO' : 'ENOTCONN'),
      this.name,
      new CopiesBehind(gfids, words),
    );
  }

  private noQuorum(what: string): FopError {
    const { quorum } = this.settings;
    return this.error('ENOTCONN', `${what}, it takes ${describeQuorum(quorum, this.count)}`);
  }
}
