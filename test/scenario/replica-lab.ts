import assert from 'node:assert/strict';
import { type ErrnoName, FopError } from '../../src/fop/error.js';
import type { Fd } from '../../src/fop/fd.js';
import type { FopName, Reply, Request } from '../../src/fop/fops.js';
import type { Frame } from '../../src/fop/frame.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import type { Iatt } from '../../src/fop/iatt.js';
import { type Handlers, type Notice, PassThrough } from '../../src/fop/translator.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';
import { clusterReplicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { storagePosix } from '../../src/xlators/storage/posix/posix.js';
import { ManualClock, seeded } from '../contract/platforms.js';
import { NO_NETWORK, VOLUME_ID } from '../contract/stacks.js';
import { dict, TestVolume } from '../contract/volume.js';
import { SimDisk } from '../sim/disk.js';

/** What a connection is to a brick: it can be cut, and fds that were opened before a cut are lost after it. */
export class Gate extends PassThrough {
  readonly type = 'test/gate';
  protected readonly handlers: Handlers = {};
  /** The fops that reached the brick. */
  readonly seen: FopName[] = [];
  readonly failures = new Map<FopName, ErrnoName>();
  /** Called with each fop; what it throws is the answer. */
  before: ((fop: FopName) => void) | undefined;
  isUp = true;
  /** Nothing is heard of it, as of a host that does not answer. */
  isSilent = false;
  /** Its listings have cookies of their own, as those of another file system. */
  turnsCookies = false;
  /** What it answers is about this inode, whatever was asked: a handle that leads elsewhere. */
  impostor: Gfid | undefined;
  private connection = 0;
  private readonly openedOver = new WeakMap<Fd, number>();

  override async wind<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    if (!this.isUp) throw new FopError('ENOTCONN', this.name);
    this.before?.(fop);
    this.seen.push(fop);
    const errno = this.failures.get(fop);
    if (errno) throw new FopError(errno, this.name);
    const fd = 'fd' in request ? request.fd : undefined;
    const isOpening = fop === 'open' || fop === 'opendir' || fop === 'create';
    if (fd && !fd.isAnonymous && !isOpening && this.openedOver.get(fd) !== this.connection)
      throw new FopError('EBADF', this.name);
    const turns = fop === 'readdir' && this.turnsCookies;
    const asked = turns
      ? { ...request, offset: turned((request as Request<'readdir'>).offset) }
      : request;
    const reply = await this.child.wind(fop, asked, frame);
    if (fd && isOpening) this.openedOver.set(fd, this.connection);
    if (this.impostor !== undefined && 'stat' in reply)
      return { ...reply, stat: { ...(reply.stat as Iatt), gfid: this.impostor } };
    return turns ? turnedEntries(reply) : reply;
  }

  protected override heard(notice: Notice): void {
    if (!this.isSilent || notice.event === 'log') super.heard(notice);
  }

  down(): void {
    this.isUp = false;
    this.connection += 1;
    this.tell({ event: 'child-down', from: this, why: 'cut' });
  }

  up(): void {
    this.isUp = true;
    this.tell({ event: 'child-up', from: this });
  }

  refuse(): void {
    this.isUp = false;
    this.tell({ event: 'auth-failed', from: this, why: 'a wrong password' });
  }
}

/** Another cookie for each, and the same one back; 0 is the beginning everywhere. */
function turned(cookie: bigint): bigint {
  return cookie === 0n ? 0n : (1n << 55n) - cookie;
}

function turnedEntries<R extends object>(reply: R): R {
  const { entries } = reply as Reply<'readdir'>;
  const turn = entries.map((entry) => ({ ...entry, offset: turned(entry.offset) }));
  return { ...reply, entries: turn };
}

export const GATE: TranslatorSpec = {
  type: 'test/gate',
  children: { min: 1, max: 1 },
  options: [],
  create: ({ name, children }) => {
    const [child] = children;
    assert.ok(child);
    return new Gate(name, child);
  },
};

const REGISTRY = registryOf([storagePosix, clusterReplicate, GATE]);

/** Bricks b0, b1, … under a replica set that can be cut off from each of them. What writes goes to a brick directly. */
export class ReplicaLab {
  readonly clock = new ManualClock();
  readonly notices: Notice[] = [];
  readonly disk = new SimDisk({ clock: this.clock, random: seeded(1), isPrivileged: true });
  private readonly graph: Graph;
  /** The volume as the replica set shows it. */
  readonly volume: TestVolume;

  constructor(
    readonly count: number,
    options: Readonly<Record<string, string>> = {},
  ) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (const number of numbers) prepareBrick(this.disk, `/brick-${number}`, VOLUME_ID);
    const platform = {
      disk: this.disk,
      clock: this.clock,
      random: seeded(2),
      network: NO_NETWORK,
    };
    const own = Object.entries(options).map(([key, value]) => `option ${key} ${value}\n`);
    const text = numbers.map(
      (number) => `volume brick-${number} type storage/posix
        option directory /brick-${number}
        option volume-id ${VOLUME_ID}
        end-volume
        volume b${number} type test/gate subvolumes brick-${number} end-volume\n`,
    );
    const gates = numbers.map((number) => `b${number}`).join(' ');
    const top = `volume r type cluster/replicate\n${own.join('')} subvolumes ${gates} end-volume`;
    this.graph = buildGraph(`${text.join('')}${top}`, REGISTRY, platform);
    this.graph.top.listen((notice) => this.notices.push(notice));
    this.volume = new TestVolume(this.graph.top);
  }

  static async of(count: number, options: Readonly<Record<string, string>> = {}) {
    const lab = new ReplicaLab(count, options);
    await lab.start();
    return lab;
  }

  start(): Promise<void> {
    return this.graph.start();
  }

  stop(): Promise<void> {
    return this.graph.stop();
  }

  gate(number: number): Gate {
    const found = this.graph.byName.get(`b${number}`);
    assert.ok(found instanceof Gate);
    return found;
  }

  /** One brick alone, below its gate. */
  brick(number: number): TestVolume {
    const found = this.graph.byName.get(`brick-${number}`);
    assert.ok(found);
    return new TestVolume(found);
  }

  get bricks(): readonly TestVolume[] {
    return Array.from({ length: this.count }, (_, number) => this.brick(number));
  }

  /** A file on some bricks, on all by default, under one gfid. */
  async file(
    name: string,
    text: string,
    gfid: Gfid,
    on: readonly number[] = [...this.bricks.keys()],
  ): Promise<Gfid> {
    for (const number of on) {
      const brick = this.brick(number);
      const { fd } = await brick.create(ROOT_GFID, name, undefined, gfid);
      await brick.write(fd, text);
      await brick.release(fd);
    }
    return gfid;
  }

  /** Has brick `by` accuse the copy of `whom` of having missed changes: data, metadata, entry. */
  async accuse(
    by: number,
    whom: number,
    gfid: Gfid,
    kind: 'data' | 'metadata' | 'entry',
  ): Promise<void> {
    await this.mark(by, `trusted.afr.b${whom}`, gfid, kind);
  }

  /** Has a brick say that a change began and did not end. */
  async dirty(number: number, gfid: Gfid, kind: 'data' | 'metadata' | 'entry'): Promise<void> {
    await this.mark(number, 'trusted.afr.dirty', gfid, kind);
  }

  private async mark(by: number, key: string, gfid: Gfid, kind: string): Promise<void> {
    const value = Buffer.alloc(12);
    value.writeInt32BE(1, ['data', 'metadata', 'entry'].indexOf(kind) * 4);
    await this.brick(by).wind('xattrop', { gfid, flags: 0, dict: dict({ [key]: value }) });
  }

  /** Takes all marks off: what a heal ends with. */
  async clear(by: number, whom: number, gfid: Gfid): Promise<void> {
    const name = `trusted.afr.b${whom}`;
    await this.brick(by).wind('removexattr', { gfid, name });
  }

  /** Which bricks were asked a fop, since the last time that was asked here. */
  asked(fop: FopName): number[] {
    const numbers = [...this.bricks.keys()].filter((n) => this.gate(n).seen.includes(fop));
    for (const number of this.bricks.keys()) this.gate(number).seen.length = 0;
    return numbers;
  }

  get events(): readonly string[] {
    return this.notices.flatMap(({ event }) => (event === 'log' ? [] : [event]));
  }

  /** What was logged: level, message and what it is about. */
  get logged(): readonly string[] {
    return this.notices.flatMap((notice) => {
      if (notice.event !== 'log') return [];
      const { subvolume, why } = notice.fields ?? {};
      const about = [subvolume, why].filter((word) => word !== undefined).join(': ');
      return [`${notice.level}: ${notice.message}${about === '' ? '' : ` (${about})`}`];
    });
  }
}

/** A gfid that ends in these digits: the subvolume chosen by it is known. */
export function gfidOf(last: number): Gfid {
  return `00000000-0000-4000-8000-${last.toString(16).padStart(12, '0')}`;
}
