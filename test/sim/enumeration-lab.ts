import assert from 'node:assert/strict';
import { FopError } from '../../src/fop/error.js';
import { FOP_KIND, type FopName, type Reply, type Request } from '../../src/fop/fops.js';
import type { Frame } from '../../src/fop/frame.js';
import type { Translator } from '../../src/fop/translator.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { registryOf } from '../../src/graph/registry.js';
import type { TranslatorSpec } from '../../src/graph/spec.js';
import { clusterReplicate, Replicate } from '../../src/xlators/cluster/replicate/replicate.js';
import { featuresIndex } from '../../src/xlators/features/index/index.js';
import { featuresLocks } from '../../src/xlators/features/locks/locks.js';
import { prepareBrick } from '../../src/xlators/storage/posix/new-brick.js';
import { storagePosix } from '../../src/xlators/storage/posix/posix.js';
import { instantly, ManualClock, seeded } from '../contract/platforms.js';
import { NO_NETWORK, VOLUME_ID } from '../contract/stacks.js';
import { TestVolume } from '../contract/volume.js';
import { Gate } from '../scenario/gate.js';
import { SimDisk } from './disk.js';
import type { Layout } from './enumeration-cases.js';
import { CallOrder } from './replica-order.js';

/** A call on its way to a brick, as a planted defect sees it. */
export interface Call {
  readonly fop: FopName;
  readonly request: Request<FopName>;
  readonly frame: Frame;
  readonly child: number;
}

/** A defect below a replica set: what it has done with a call, which `next` does as it should be. */
export type Flaw = (
  call: Call,
  next: (request?: Request<FopName>) => Promise<Reply<FopName>>,
) => Promise<unknown>;

type Step = (gate: Cut, when: 'before' | 'after') => void;

/** A connection that can be cut around any call; whatever was under way then is not answered. */
export class Cut extends Gate {
  step: Step | undefined;
  private cuts = 0;
  private readonly order: CallOrder;

  constructor(
    name: string,
    brick: Translator,
    id: string,
    readonly number: number,
    private readonly isArbiter: boolean,
    private readonly flaw: Flaw | undefined,
    order: CallOrder,
  ) {
    super(name, brick, id);
    this.order = order;
  }

  override down(): void {
    this.cuts += 1;
    super.down();
  }

  override async wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame) {
    const next = (changed?: Request<FopName>): Promise<Reply<F>> =>
      this.pass(fop, (changed ?? request) as Request<F>, frame);
    if (this.flaw === undefined) return next();
    const call: Call = { fop, request: request as Request<FopName>, frame, child: this.number };
    return (await this.flaw(call, next as () => Promise<Reply<FopName>>)) as Reply<F>;
  }

  private async pass<F extends FopName>(
    fop: F,
    request: Request<F>,
    frame: Frame,
  ): Promise<Reply<F>> {
    const { cuts } = this;
    const isChange = ['inode-write', 'entry-write'].includes(FOP_KIND[fop]) || /xattrop$/.test(fop);
    if (isChange) this.step?.(this, 'before');
    this.order.before({ fop, request: request as Request<FopName>, frame, child: this.number });
    const reply = await (fop === 'writev' && this.isArbiter
      ? this.unwritten(request as Request<'writev'>, frame)
      : super.wind(fop, request, frame));
    this.order.after({ fop, request: request as Request<FopName>, frame, child: this.number });
    if (isChange && this.isUp) this.step?.(this, 'after');
    if (cuts !== this.cuts || !this.isUp) throw new FopError('ENOTCONN', this.name);
    return reply as Reply<F>;
  }

  /** An arbiter keeps no bytes. */
  private async unwritten({ fd, data }: Request<'writev'>, frame: Frame): Promise<unknown> {
    const { stat } = await super.wind('fstat', { fd, xdata: null }, frame);
    return { prebuf: stat, postbuf: stat, written: data.length, xdata: null };
  }
}

const AS_GLUSTERD: Readonly<Record<string, string>> = {
  'volume-id': VOLUME_ID,
  'use-anonymous-inode': 'yes',
  'granular-entry-heal': 'on',
};

/** A client of the bricks: a replica set over connections that can be cut. */
export class EnumerationClient {
  readonly volume: TestVolume;

  constructor(
    private readonly graph: Graph,
    readonly gates: readonly Cut[],
  ) {
    this.volume = new TestVolume(graph.top);
  }

  get healer() {
    const { top } = this.graph;
    assert.ok(top instanceof Replicate);
    return top.healer;
  }

  start(): Promise<void> {
    return this.graph.start();
  }

  /** It is gone: nothing that it does arrives any more. */
  end(): void {
    for (const gate of this.gates) if (gate.isUp) gate.down();
  }
}

export interface Planted {
  readonly flaw?: (() => Flaw) | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** Bricks with locks and indexes, and clients of theirs that come and go. */
export class EnumerationLab {
  readonly clock = new ManualClock();
  readonly disks: readonly SimDisk[];
  private readonly graphs: readonly Graph[];
  private clients = 0;
  /** What came in a wrong order. */
  readonly violations: string[] = [];

  constructor(
    private readonly layout: Layout,
    readonly count: number,
    private readonly planted: Planted,
  ) {
    const clock = {
      ...instantly(),
      wallMs: () => this.clock.wallMs(),
      monotonicMs: () => this.clock.monotonicMs(),
    };
    this.disks = Array.from({ length: count }, (_, number) => {
      const disk = new SimDisk({ clock, random: seeded(number + 1), isPrivileged: true });
      prepareBrick(disk, '/brick', VOLUME_ID);
      return disk;
    });
    const registry = registryOf([storagePosix, featuresLocks, featuresIndex]);
    this.graphs = this.disks.map((_, number) =>
      buildGraph(BRICK, registry, this.platform(number, number)),
    );
  }

  private platform(number: number, seed: number) {
    const disk = this.disks[number];
    assert.ok(disk);
    return { disk, clock: this.clock, random: seeded(seed + 10), network: NO_NETWORK };
  }

  async start(): Promise<void> {
    for (const graph of this.graphs) await graph.start();
  }

  async stop(): Promise<void> {
    for (const graph of this.graphs) await graph.stop();
  }

  /** A client that finds these bricks away. */
  async client(away: ReadonlySet<number>): Promise<EnumerationClient> {
    this.clients += 1;
    const gates: Cut[] = [];
    const registry = registryOf([clusterReplicate, this.gateSpec(gates, away)]);
    const names = this.disks.map((_, number) => `b${number}`);
    const options = {
      ...AS_GLUSTERD,
      ...(this.layout === 'arbiter' ? { 'arbiter-count': '1' } : {}),
      ...this.planted.options,
    };
    const own = Object.entries(options).map(([key, value]) => `option ${key} ${value}\n`);
    const volumes = names.map((name) => `volume ${name} type test/cut end-volume\n`).join('');
    const text = `${volumes}volume r type cluster/replicate\n${own.join('')} subvolumes ${names.join(' ')} end-volume`;
    const graph = buildGraph(text, registry, this.platform(0, this.clients * 10));
    const made = new EnumerationClient(graph, gates);
    await made.start();
    for (const gate of gates) if (!gate.isUp) gate.down();
    await this.settle();
    return made;
  }

  private gateSpec(gates: Cut[], away: ReadonlySet<number>): TranslatorSpec {
    const id = `c${this.clients}`;
    const isArbiter = (number: number): boolean =>
      this.layout === 'arbiter' && number === this.count - 1;
    const flaw = this.planted.flaw?.();
    return {
      type: 'test/cut',
      children: { min: 0, max: 0 },
      options: [],
      create: ({ name }) => {
        const number = Number(name.slice(1));
        const order = new CallOrder((violation) => this.violations.push(violation));
        const gate = new Cut(name, this.top(number), id, number, isArbiter(number), flaw, order);
        gate.isUp = !away.has(number);
        gates.push(gate);
        return gate;
      },
    };
  }

  private top(number: number): Translator {
    const found = this.graphs[number]?.top;
    assert.ok(found);
    return found;
  }

  /** A brick, below its locks and its index. */
  brick(number: number): TestVolume {
    const found = this.graphs[number]?.byName.get('posix');
    assert.ok(found);
    return new TestVolume(found);
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async pass(ms: number): Promise<void> {
    await this.settle();
    this.clock.advance(ms);
    await this.settle();
  }
}

const BRICK = `
volume posix
  type storage/posix
  option directory /brick
  option volume-id ${VOLUME_ID}
end-volume
volume locks
  type features/locks
  subvolumes posix
end-volume
volume index
  type features/index
  option index-base /brick/.glusterfs/indices
  option xattrop-pending-watchlist trusted.afr.b
  option xattrop-dirty-watchlist trusted.afr.dirty
  subvolumes locks
end-volume`;
