import assert from 'node:assert/strict';
import type { FopName } from '../../src/fop/fops.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import type { Notice, Translator } from '../../src/fop/translator.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import type { Clock } from '../../src/platform/platform.js';
import type { ReplicaHealer } from '../../src/xlators/cluster/replicate/heal/replica-healer.js';
import { intentOf } from '../../src/xlators/cluster/replicate/intents.js';
import { clusterReplicate, Replicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { featuresIndex } from '../../src/xlators/features/index/index.js';
import { featuresLocks } from '../../src/xlators/features/locks/locks.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { storagePosix } from '../../src/xlators/storage/posix/posix.js';
import { instantly, ManualClock, seeded } from '../contract/platforms.js';
import { NO_NETWORK, VOLUME_ID } from '../contract/stacks.js';
import { dict, TestVolume } from '../contract/volume.js';
import { SimDisk } from '../sim/disk.js';
import { Gate, gateTo } from './gate.js';

const OF_BRICKS = [storagePosix, featuresLocks, featuresIndex];

/** One client of a lab's bricks, that can be cut off from each of them. */
export class LabClient {
  readonly notices: Notice[] = [];
  readonly volume: TestVolume;

  constructor(private readonly graph: Graph) {
    graph.top.listen((notice) => this.notices.push(notice));
    this.volume = new TestVolume(graph.top);
  }

  start(): Promise<void> {
    return this.graph.start();
  }

  stop(): Promise<void> {
    return this.graph.stop();
  }

  get top(): Translator {
    return this.graph.top;
  }

  get healer(): ReplicaHealer {
    const { top } = this.graph;
    assert.ok(top instanceof Replicate);
    return top.healer;
  }

  gate(number: number): Gate {
    const found = this.graph.byName.get(`b${number}`);
    assert.ok(found instanceof Gate);
    return found;
  }
}

/** Bricks b0, b1, … and a replica set that can be cut off from each of them. What else writes goes to a brick directly. */
export class ReplicaLab {
  readonly clock = new ManualClock();
  private readonly diskClock: Clock = {
    ...instantly(),
    wallMs: () => this.clock.wallMs(),
    monotonicMs: () => this.clock.monotonicMs(),
  };
  /** Its times are the clock's, and what takes it time is over at once. */
  readonly disk = new SimDisk({ clock: this.diskClock, random: seeded(1), isPrivileged: true });
  private readonly graphs: readonly Graph[];
  private readonly first: LabClient;
  private readonly others: LabClient[] = [];

  constructor(
    readonly count: number,
    private readonly options: Readonly<Record<string, string>> = {},
    bricks: 'whole' | 'bare' = 'whole',
  ) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (const number of numbers) prepareBrick(this.disk, `/brick-${number}`, VOLUME_ID);
    const registry = registryOf(OF_BRICKS);
    this.graphs = numbers.map((number) =>
      buildGraph(brickVolfile(number, bricks), registry, this.platform(number)),
    );
    this.first = this.makeClient('c0');
  }

  private platform(seed: number) {
    return { disk: this.disk, clock: this.clock, random: seeded(seed + 2), network: NO_NETWORK };
  }

  private makeClient(id: string): LabClient {
    const bricks = new Map(this.graphs.map(({ top }, number) => [`b${number}`, top]));
    const own = Object.entries(this.options).map(([key, value]) => `option ${key} ${value}\n`);
    const names = [...bricks.keys()];
    const gates = names.map((name) => `volume ${name} type test/gate end-volume\n`);
    const top = `volume r type cluster/replicate\n${own.join('')} subvolumes ${names.join(' ')} end-volume`;
    const registry = registryOf([clusterReplicate, gateTo(bricks, id)]);
    return new LabClient(buildGraph(`${gates.join('')}${top}`, registry, this.platform(0)));
  }

  /** Another client of the same bricks, started. */
  async client(): Promise<LabClient> {
    const made = this.makeClient(`c${this.others.length + 1}`);
    this.others.push(made);
    await made.start();
    return made;
  }

  static async of(
    count: number,
    options: Readonly<Record<string, string>> = {},
    bricks: 'whole' | 'bare' = 'whole',
  ): Promise<ReplicaLab> {
    const lab = new ReplicaLab(count, options, bricks);
    await lab.start();
    return lab;
  }

  /** The volume as the replica set shows it. */
  get volume(): TestVolume {
    return this.first.volume;
  }

  get top(): Translator {
    return this.first.top;
  }

  get notices(): readonly Notice[] {
    return this.first.notices;
  }

  async start(): Promise<void> {
    for (const graph of this.graphs) await graph.start();
    await this.first.start();
  }

  async stop(): Promise<void> {
    for (const client of [this.first, ...this.others]) await client.stop();
    for (const graph of this.graphs) await graph.stop();
  }

  gate(number: number): Gate {
    return this.first.gate(number);
  }

  /** One brick alone, below its locks and index. */
  brick(number: number): TestVolume {
    const found = this.graphs[number]?.byName.get(`brick-${number}`);
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

  /** What the bricks note beside an inode, in words: `b0: b1 2/1/0, dirty 1/0/0` is data, metadata and entry. */
  marks(gfid: Gfid): string {
    const numbers = [...this.bricks.keys()];
    const words = numbers.map((number) => [`b${number}`, this.marksAt(number, gfid)] as const);
    const marked = words.filter(([, marks]) => marks !== '');
    return marked.map(([name, marks]) => `${name}: ${marks}`).join('; ') || 'none';
  }

  private marksAt(number: number, gfid: Gfid): string {
    const path = `/brick-${number}/.glusterfs/${gfid.slice(0, 2)}/${gfid.slice(2, 4)}/${gfid}`;
    const at = gfid === ROOT_GFID ? `/brick-${number}` : path;
    const keys = [...this.bricks.keys()].map((other) => [`b${other}`, `trusted.afr.b${other}`]);
    const found = [...keys, ['dirty', 'trusted.afr.dirty']].flatMap(([word, key]) => {
      const value = this.xattr(this.behind(at), key ?? '');
      const counts = [0, 4, 8].map((offset) => value?.readInt32BE(offset) ?? 0);
      return counts.some((count) => count !== 0) ? [`${word} ${counts.join('/')}`] : [];
    });
    return found.join(', ');
  }

  /** The handle of a directory is a symlink to it. */
  private behind(path: string): string {
    try {
      const target = this.disk.readlink(path);
      if (!target.startsWith('../../')) return path;
      const name = target.split('/').at(-1) ?? '';
      return `${path.slice(0, path.indexOf('/.glusterfs'))}/${name}`;
    } catch {
      return path;
    }
  }

  private xattr(path: string, name: string): Buffer | undefined {
    try {
      return this.disk.getxattr(path, name);
    } catch {
      return undefined;
    }
  }

  /** Which inodes a brick lists in its index, and which names it lists as owed. */
  index(number: number, kind: 'xattrop' | 'dirty'): readonly string[] {
    const names = this.disk.readdir(`/brick-${number}/.glusterfs/indices/${kind}`);
    return names
      .map(({ name }) => name)
      .filter((name) => !name.startsWith(kind))
      .sort();
  }

  owed(number: number, gfid: Gfid): readonly string[] {
    try {
      const path = `/brick-${number}/.glusterfs/indices/entry-changes/${gfid}`;
      const names = this.disk.readdir(path).map(({ name }) => name);
      return names.filter((name) => intentOf(name) === undefined).sort();
    } catch {
      return [];
    }
  }

  /** Whether a brick has noted that a client is at a directory's names. */
  isInHand(number: number, gfid: Gfid): boolean {
    const path = `/brick-${number}/.glusterfs/indices/entry-changes`;
    if (!this.disk.readdir(path).some(({ name }) => name === gfid)) return false;
    return this.disk.readdir(`${path}/${gfid}`).some(({ name }) => intentOf(name) !== undefined);
  }

  /** Lets everything happen that happens by itself: replies, and what goes on after them. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets so much time pass, and what comes of it happen. */
  async pass(ms: number): Promise<void> {
    await this.settle();
    this.clock.advance(ms);
    await this.settle();
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

/** Without locks, `bare`, nothing can be written or healed: a reader sees what is there. */
function brickVolfile(number: number, bricks: 'whole' | 'bare'): string {
  const posix = `
volume brick-${number}
  type storage/posix
  option directory /brick-${number}
  option volume-id ${VOLUME_ID}
end-volume`;
  if (bricks === 'bare') return posix;
  return `${posix}
volume locks-${number}
  type features/locks
  subvolumes brick-${number}
end-volume
volume index-${number}
  type features/index
  option index-base /brick-${number}/.glusterfs/indices
  option xattrop-pending-watchlist trusted.afr.b
  option xattrop-dirty-watchlist trusted.afr.dirty
  subvolumes locks-${number}
end-volume`;
}

/** A gfid that ends in these digits: the subvolume chosen by it is known. */
export function gfidOf(last: number): Gfid {
  return `00000000-0000-4000-8000-${last.toString(16).padStart(12, '0')}`;
}
