import assert from 'node:assert/strict';
import { dictBytes } from '../../src/fop/dict.js';
import { FopError, isErrno } from '../../src/fop/error.js';
import { FOP_KIND, type FopKind } from '../../src/fop/fops.js';
import { type Gfid, gfidFromBytes, ROOT_GFID } from '../../src/fop/gfid.js';
import { type Iatt, isDirectory, isRegular } from '../../src/fop/iatt.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import type { Clock } from '../../src/platform/platform.js';
import { healedXattrs } from '../../src/xlators/cluster/replicate/heal/attributes.js';
import type { ReplicaHealer } from '../../src/xlators/cluster/replicate/heal/replica-healer.js';
import type { Pace } from '../../src/xlators/cluster/replicate/heal/session.js';
import {
  decodeMarks,
  encodeMarks,
  type Marks,
  NO_MARKS,
} from '../../src/xlators/cluster/replicate/pending.js';
import { clusterReplicate, Replicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { featuresIndex } from '../../src/xlators/features/index/index.js';
import { featuresLocks } from '../../src/xlators/features/locks/locks.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { storagePosix } from '../../src/xlators/storage/posix/posix.js';
import { instantly, ManualClock, seeded } from '../contract/platforms.js';
import { NO_NETWORK, VOLUME_ID } from '../contract/stacks.js';
import { dict, TestVolume } from '../contract/volume.js';
import { SimDisk } from '../sim/disk.js';
import { GATE, Gate } from './gate.js';

const REGISTRY = registryOf([storagePosix, featuresLocks, featuresIndex, clusterReplicate, GATE]);
const CHANGES: readonly FopKind[] = ['inode-write', 'entry-write'];
/** Rounds after which a heal that still finds something to do is taken for one that never ends. */
const MAX_ROUNDS = 12;

/** A clock that stands like another, but whose timers are over at once: no sync takes time. */
function standing(clock: ManualClock): Clock {
  return {
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.wallMs(),
    after: (ms, run) => instantly().after(ms, run),
  };
}

/** Options that glusterd writes for a volume. */
export const AS_GLUSTERD = {
  'volume-id': VOLUME_ID,
  'use-anonymous-inode': 'yes',
  'granular-entry-heal': 'on',
} as const;

/** Whole bricks b0, b1, … with locks and indexes, below a replica set; each can be cut off. Messes are made on bricks directly. */
export class HealLab {
  readonly clock = new ManualClock();
  readonly disk = new SimDisk({
    clock: standing(this.clock),
    random: seeded(1),
    isPrivileged: true,
  });
  private readonly graph: Graph;
  readonly volume: TestVolume;
  readonly healer: ReplicaHealer;

  private constructor(
    readonly count: number,
    options: Readonly<Record<string, string>>,
  ) {
    const numbers = Array.from({ length: count }, (_, number) => number);
    for (const number of numbers) prepareBrick(this.disk, `/brick-${number}`, VOLUME_ID);
    const bricks = numbers.map(
      (number) => `volume posix-${number} type storage/posix
        option directory /brick-${number}
        option volume-id ${VOLUME_ID}
        end-volume
        volume locks-${number} type features/locks subvolumes posix-${number} end-volume
        volume brick-${number} type features/index
        option index-base /brick-${number}/.glusterfs/indices
        option xattrop-pending-watchlist trusted.afr.b
        option xattrop-dirty-watchlist trusted.afr.dirty
        subvolumes locks-${number} end-volume
        volume b${number} type test/gate subvolumes brick-${number} end-volume\n`,
    );
    const own = Object.entries(options).map(([key, value]) => `option ${key} ${value}\n`);
    const gates = numbers.map((number) => `b${number}`).join(' ');
    const top = `volume r type cluster/replicate\n${own.join('')} subvolumes ${gates} end-volume`;
    const platform = {
      disk: this.disk,
      clock: this.clock,
      random: seeded(2),
      network: NO_NETWORK,
    };
    this.graph = buildGraph(`${bricks.join('')}${top}`, REGISTRY, platform);
    const set = this.graph.top;
    assert.ok(set instanceof Replicate);
    this.healer = set.healer;
    this.volume = new TestVolume(set);
  }

  static async of(
    count: number,
    options: Readonly<Record<string, string>> = AS_GLUSTERD,
  ): Promise<HealLab> {
    const lab = new HealLab(count, options);
    await lab.graph.start();
    return lab;
  }

  stop(): Promise<void> {
    return this.graph.stop();
  }

  get numbers(): readonly number[] {
    return Array.from({ length: this.count }, (_, number) => number);
  }

  gate(number: number): Gate {
    const found = this.graph.byName.get(`b${number}`);
    assert.ok(found instanceof Gate);
    return found;
  }

  /** One brick below its gate. */
  brick(number: number): TestVolume {
    const found = this.graph.byName.get(`brick-${number}`);
    assert.ok(found);
    return new TestVolume(found);
  }

  /** Does the same on some bricks, on all by default. */
  async on(
    bricks: readonly number[],
    act: (brick: TestVolume, number: number) => Promise<unknown>,
  ): Promise<void> {
    for (const number of bricks) await act(this.brick(number), number);
  }

  /** A file with this content under one gfid. */
  async file(
    name: string,
    text: string,
    gfid: Gfid,
    on: readonly number[] = this.numbers,
    parent: Gfid = ROOT_GFID,
  ): Promise<Gfid> {
    await this.on(on, async (brick) => {
      const { fd } = await brick.create(parent, name, undefined, gfid);
      if (text !== '') await brick.write(fd, text);
      await brick.release(fd);
    });
    return gfid;
  }

  async directory(
    name: string,
    gfid: Gfid,
    on: readonly number[] = this.numbers,
    parent: Gfid = ROOT_GFID,
  ): Promise<Gfid> {
    await this.on(on, (brick) =>
      brick.wind(
        'mkdir',
        { pargfid: parent, bname: name, mode: 0o755, umask: 0 },
        brick.wantGfid(gfid),
      ),
    );
    return gfid;
  }

  /** Replaces the content of a file on some bricks. */
  async rewrite(gfid: Gfid, text: string, on: readonly number[]): Promise<void> {
    await this.on(on, async (brick) => {
      const fd = await brick.open(gfid, 2);
      await brick.wind('ftruncate', { fd, offset: 0 });
      await brick.write(fd, text);
      await brick.release(fd);
    });
  }

  /** Adds to the marks of an inode on one brick, as a client does; `name` goes into the list of names. */
  async mark(
    by: number,
    about: number | 'dirty',
    gfid: Gfid,
    marks: Partial<Marks>,
    ...names: readonly string[]
  ): Promise<void> {
    const key = about === 'dirty' ? 'trusted.afr.dirty' : `trusted.afr.b${about}`;
    const value = encodeMarks({ ...NO_MARKS, ...marks });
    const none = encodeMarks(NO_MARKS);
    const keys = [...this.numbers.map((number) => `trusted.afr.b${number}`), 'trusted.afr.dirty'];
    const all = dict(Object.fromEntries(keys.map((each) => [each, each === key ? value : none])));
    await this.brick(by).wind('xattrop', { gfid, flags: 0, dict: all });
    const zero = dict(Object.fromEntries(keys.map((each) => [each, none])));
    for (const name of names) {
      const xdata = dict({ 'glusterfs.xattrop-entry-create': name });
      await this.brick(by).wind('xattrop', { gfid, flags: 0, dict: zero }, xdata);
    }
  }

  /** Heals what any brick has marked until nothing is, as the worker does. */
  async healAll(pace?: Pace): Promise<readonly string[]> {
    const told: string[] = [];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const gfids = new Set<Gfid>();
      for (const number of this.healer.replica.children.up)
        for (const gfid of await this.healer.marked(number)) gfids.add(gfid);
      let progress = false;
      for (const gfid of gfids) {
        const { result, conflicts } = await this.healer.heal(gfid, pace);
        told.push(result, ...conflicts);
        if (result === 'healed' || result === 'gone' || result === 'clean') progress = true;
      }
      if (!progress && (await this.healer.clearWaitingRoom()) === 0) return told;
    }
    assert.fail(`it heals for ever: ${told.join(' ')}`);
  }

  /** Heals until so many changes have been made, then loses all bricks at once; answers whether it came to that. */
  async cutOff(most: number): Promise<boolean> {
    let left = most;
    for (const number of this.numbers)
      this.gate(number).before = (fop) => {
        if (!CHANGES.includes(FOP_KIND[fop]) && fop !== 'xattrop') return;
        left -= 1;
        if (left < 0) throw new FopError('ENOTCONN', 'cut');
      };
    await this.healAll();
    for (const number of this.numbers) this.gate(number).before = undefined;
    // What was locked is given back, as it is when a connection ends.
    for (const number of this.numbers) this.gate(number).dropLocks();
    return left < 0;
  }

  /** What a brick holds, line by line: each name with what stands there, and what is marked. */
  async picture(number: number): Promise<readonly string[]> {
    const lines: string[] = [];
    await this.draw(number, ROOT_GFID, '', lines);
    return lines;
  }

  private async draw(number: number, gfid: Gfid, path: string, lines: string[]): Promise<void> {
    const brick = this.brick(number);
    for (const name of await brick.names(gfid)) {
      if (name === '.glusterfs' || name.startsWith('.glusterfs-anonymous')) continue;
      const { stat, xdata } = await brick.lookup(gfid, name, this.asked());
      lines.push(`${path}/${name} ${await this.words(brick, stat)}${words(xdata)}`);
      if (isDirectory(stat)) await this.draw(number, stat.gfid, `${path}/${name}`, lines);
    }
  }

  private asked() {
    const keys = this.numbers.map((each) => [`trusted.afr.b${each}`, 0]);
    return dict(Object.fromEntries([...keys, ['trusted.afr.dirty', 0], ['list-xattr', 1]]));
  }

  private async words(brick: TestVolume, stat: Iatt): Promise<string> {
    const owner = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid} ${stat.gfid.slice(-4)}`;
    if (isDirectory(stat)) return `${owner} directory`;
    if (!isRegular(stat)) return `${owner} special ${stat.mode.toString(8)}`;
    const text = await brick.content(stat.gfid);
    const shown = text.length > 40 ? `${text.length} bytes` : `"${text}"`;
    return `${owner} x${stat.nlink} ${shown} at ${stat.mtime}`;
  }

  /** All bricks hold the same, nothing is marked, nothing waits, and no list names anything. */
  async assertEqual(on: readonly number[] = this.numbers): Promise<readonly string[]> {
    const [first, ...rest] = await Promise.all(on.map((number) => this.picture(number)));
    for (const other of rest) assert.deepEqual(other, first);
    assert.deepEqual(
      first?.filter((line) => line.includes('marked')),
      [],
    );
    for (const number of on) {
      assert.deepEqual(await this.healer.marked(number), [], `the index of b${number}`);
      assert.deepEqual(await this.noted(number), [], `the names noted on b${number}`);
      assert.deepEqual(await this.marksOf(number, ROOT_GFID), [], `the root of b${number}`);
    }
    return first ?? [];
  }

  /** Directories of which a brick has noted names. */
  private async noted(number: number): Promise<readonly string[]> {
    const brick = this.brick(number);
    const name = 'glusterfs.xattrop_entry_changes_gfid';
    const reply = await brick.wind('getxattr', { gfid: ROOT_GFID, name });
    const bytes = dictBytes(reply.dict, name);
    assert.ok(bytes);
    return brick.names(gfidFromBytes(bytes));
  }

  async marksOf(number: number, gfid: Gfid): Promise<readonly string[]> {
    try {
      const at = { gfid, pargfid: gfid, bname: '' };
      const { xdata } = await this.brick(number).wind('lookup', at, this.asked());
      return markWords(xdata);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return ['missing'];
      throw error;
    }
  }
}

type Answers = Parameters<typeof healedXattrs>[0];

function words(xdata: Answers): string {
  const xattrs = [...healedXattrs(xdata)].map(([key, value]) => ` ${key}=${value.toString()}`);
  const marks = markWords(xdata);
  return `${xattrs.sort().join('')}${marks.length > 0 ? ` marked ${marks.join(' ')}` : ''}`;
}

function markWords(xdata: Answers): string[] {
  return [...(xdata?.keys() ?? [])]
    .filter((key) => key.startsWith('trusted.afr.'))
    .flatMap((key) => {
      const { data, metadata, entry } = decodeMarks(dictBytes(xdata, key));
      const about = key.slice('trusted.afr.'.length);
      return data || metadata || entry ? [`${about}=${data},${metadata},${entry}`] : [];
    });
}
