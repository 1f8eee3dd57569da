import { Applier } from '../config/applier.js';
import { ConfigDatabase } from '../config/database.js';
import type { Acceptor, AcceptorMaker } from '../config/log/acceptor.js';
import { BrickAcceptor } from '../config/log/brick-acceptor.js';
import type { VoterLength } from '../config/log/entry.js';
import { readLengths } from '../config/log/known-lengths.js';
import type { Loss } from '../config/log/lost-vote.js';
import type { SealedRecord } from '../config/log/record.js';
import type { Server } from '../config/members.js';
import type { Peers } from '../config/peers.js';
import type { PlaceClaim } from '../config/places.js';
import { ValuesTree } from '../config/values-tree.js';
import type { DictValue } from '../fop/dict.js';
import { FopError } from '../fop/error.js';
import { ROOT_FRAME } from '../fop/frame.js';
import type { Notice } from '../fop/translator.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { TRANSLATORS } from '../graph/translators.js';
import { configApplierVolfile, configJournalVolfile, type Engine } from '../graph/volgen.js';
import { Volume } from '../mount/volume.js';
import { endpointText } from '../platform/network.js';
import type { Platform, Timer } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';
import { APPLIED_OP } from '../xlators/features/read-only/read-only.js';
import { applierCredentials, leaderCredentials } from './credentials.js';
import type { Log } from './log.js';
import type { NodeState } from './node-state.js';
import { STALE_MS, ValuesGate } from './values-gate.js';

const ACCEPTOR_TIMEOUT_MS = 2000;
/** How long a graph that has just been made may take to connect before its acceptor gives up. */
const CONNECT_MS = 1000;
const FRESHNESS_MS = 250;

export interface ConfigNodeSetup {
  readonly platform: Platform;
  readonly peers: Peers;
  /** Of this process. */
  readonly instance: string;
  readonly log: Log;
  readonly state: NodeState & { readonly cluster: string; readonly secret: string };
  /** Addresses of `--members`. */
  listed(): readonly string[];
  /** Where this node is. */
  readonly place?: PlaceClaim;
  /** Another node at `address` says that it is this server. */
  doubled?(server: Server, address: string): void;
  /** A commit has changed the list of servers, or the first one is known. */
  membersChanged(): void;
  /** This node's own brick does not answer any more; it may still run. */
  brickSilent(): void;
  retired(): void;
  /** Keep these for the next start (see KnownLengths). */
  rememberLengths(lengths: readonly VoterLength[]): void;
  /** The log of this server may not vote any more until it is replaced by a new one. */
  ownLogLost(loss: Loss): void;
  /** A record was applied, for whoever keeps something beside the store. */
  applied(record: SealedRecord): void;
  /** Keeps what a hand wrote on the brick before it is overwritten. */
  keep(key: string, value: Buffer, why: string): Promise<void>;
  /** Values could not be applied, for another reason than before; undefined: that is over. */
  valuesFailed(failure: unknown): void;
}

interface Connected {
  /** Another one when the brick moves. */
  graph: Graph;
  isUp: boolean;
  /** Why it is not. */
  why: string;
}

/** What a node of a cluster runs: the database over the servers' logs, and the applier of its own values. */
export class ConfigNode {
  readonly database: ConfigDatabase;
  readonly applier: Applier;
  private readonly journals = new Map<string, Connected & { at?: string }>();
  private values: Connected | undefined;
  private readonly gate: ValuesGate;
  private timer: Timer | undefined;
  private isStopped = false;
  private membersEpoch = -1;
  /** Whether the brick can be told to show readers nothing; glusterfsd cannot. */
  private hasGate = true;

  constructor(private readonly setup: ConfigNodeSetup) {
    const { platform, log, state } = setup;
    this.database = new ConfigDatabase({
      self: state.node,
      instance: setup.instance,
      cluster: state.cluster,
      clock: platform.clock,
      random: platform.random,
      peers: setup.peers,
      members: state.members,
      listed: () => setup.listed(),
      acceptor: (server) => this.acceptor(server),
      release: (voter) => this.release(voter),
      ...(setup.place ? { place: setup.place } : {}),
      moved: (server) => this.moveJournal(server),
      doubled: (server, address) => setup.doubled?.(server, address),
      applied: (record, touched) => {
        this.applier.touched(touched);
        setup.applied(record);
        this.noteMembers();
      },
      lengths: readLengths(state.lengths),
      rememberLengths: (lengths) => setup.rememberLengths(lengths),
      ownLogLost: (loss) => setup.ownLogLost(loss),
      retired: () => setup.retired(),
      log: (level, message, fields) => log[level](message, fields),
    });
    this.gate = new ValuesGate(
      () => platform.clock.monotonicMs(),
      () => this.database.ageMs,
      (xdata) => this.sayApplied(xdata),
    );
    this.applier = new Applier({
      clock: platform.clock,
      store: this.database.store,
      cluster: state.cluster,
      setApplied: (isApplied) => this.gate.set(isApplied),
      keep: (key, value, why) => setup.keep(key, value, why),
      failed: (failure) => setup.valuesFailed(failure),
      log: (level, message, fields) => log[level](message, fields),
    });
  }

  /** Begins to follow or to lead; `brick` is where this node's own brick listens, if it serves. */
  async start(
    brick: {
      readonly host: string;
      readonly port: number;
      readonly number: number;
      readonly engine: Engine;
    } | null,
  ): Promise<void> {
    if (brick) await this.connectValues(brick);
    this.watchFreshness();
    await this.database.start();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    this.database.stop();
    this.applier.disconnected();
    const graphs = [...this.journals.values(), ...(this.values ? [this.values] : [])];
    await Promise.all(graphs.map(({ graph }) => graph.stop()));
  }

  /** Why this node's brick cannot be asked. */
  get brickWhy(): string {
    return this.values?.why ?? 'it has not been asked yet';
  }

  get isBrickUp(): boolean {
    return this.values?.isUp ?? false;
  }

  private noteMembers(): void {
    const { epoch } = this.database.members;
    // While the log is read from its start, lists pass by that this node knows to be old.
    if (epoch === this.membersEpoch || epoch < this.setup.state.members.epoch) return;
    this.membersEpoch = epoch;
    for (const server of this.database.placed.servers) this.moveJournal(server);
    this.setup.membersChanged();
  }

  private watchFreshness(): void {
    if (this.isStopped) return;
    const { ageMs } = this.database;
    this.applier.setFresh(ageMs !== null && ageMs < STALE_MS);
    this.gate.renew().catch(() => undefined);
    this.timer = this.setup.platform.clock.after(FRESHNESS_MS, () => this.watchFreshness());
  }

  /** A server's brick is elsewhere: calls under way fail, and the next ones go there. */
  private moveJournal(server: Server): void {
    const journal = this.journals.get(server.voter);
    const at = `${server.host}:${server.port}`;
    if (journal === undefined || journal.at === at || this.isStopped) return;
    const { graph } = journal;
    journal.at = at;
    this.connect(this.journalVolfile(server), () => undefined, journal);
    graph.stop().catch(() => undefined);
  }

  /** Its graph is made once per voter and connects by itself; a call waits a moment for that. */
  acceptor(server: Server): Acceptor & AcceptorMaker {
    const { platform } = this.setup;
    const connected = this.journal(server);
    const brick = `the brick at ${endpointText(server)}`;
    const ready = (): Promise<void> => this.waitUp(connected, brick);
    return new BrickAcceptor(
      movable(connected),
      platform.clock,
      platform.random,
      ACCEPTOR_TIMEOUT_MS,
      ready,
    );
  }

  private release(voter: string): void {
    const journal = this.journals.get(voter);
    this.journals.delete(voter);
    journal?.graph.stop().catch(() => undefined);
  }

  private journal(server: Server): Connected {
    const known = this.journals.get(server.voter);
    if (known) return known;
    const connected = this.connect(this.journalVolfile(server), () => undefined);
    const journal = Object.assign(connected, { at: `${server.host}:${server.port}` });
    this.journals.set(server.voter, journal);
    return journal;
  }

  private journalVolfile({ brick: number, host, port }: Server): string {
    const leader = leaderCredentials(this.setup.state.secret);
    return configJournalVolfile({ number, host, port }, leader);
  }

  /** A graph of its own, or for `connected` another one than it had. */
  private connect(
    volfile: string,
    changed: (isUp: boolean) => void,
    connected?: Connected,
  ): Connected {
    const graph = buildGraph(volfile, TRANSLATORS, this.setup.platform);
    const fresh = { graph, isUp: false, why: 'nothing has answered yet' };
    const made = connected ? Object.assign(connected, fresh) : fresh;
    graph.top.listen((notice) => {
      if (made.graph !== graph) return;
      this.logNotice(notice);
      if (notice.event !== 'child-up' && notice.event !== 'child-down') return;
      made.isUp = notice.event === 'child-up';
      if (notice.event === 'child-down') made.why = notice.why;
      changed(made.isUp);
    });
    graph
      .start()
      .catch((error: unknown) =>
        this.setup.log.error('a graph does not start', { error: String(error) }),
      );
    return made;
  }

  private logNotice(notice: Notice): void {
    const volume = notice.from.name;
    if (notice.event === 'log')
      this.setup.log[notice.level](notice.message, { volume, ...notice.fields });
    else if (notice.event === 'auth-failed')
      this.setup.log.warn('a brick refuses this node', {
        code: 'HFS-4001',
        volume,
        why: notice.why,
        next: 'is it a brick of this cluster? hfs_config servers',
      });
    else this.setup.log.debug(notice.event, { volume });
  }

  private async waitUp(connected: Connected, brick: string): Promise<void> {
    const { clock } = this.setup.platform;
    const deadline = clock.monotonicMs() + CONNECT_MS;
    while (!connected.isUp && !this.isStopped && clock.monotonicMs() < deadline)
      await sleep(clock, 10);
    if (!connected.isUp) throw new FopError('ENOTCONN', brick, connected.why);
  }

  private async connectValues(brick: {
    host: string;
    port: number;
    number: number;
    engine: Engine;
  }): Promise<void> {
    const { secret, node } = this.setup.state;
    this.hasGate = brick.engine === 'embedded';
    const applier = applierCredentials(secret, node);
    const { platform } = this.setup;
    this.values = this.connect(configApplierVolfile(brick, applier, brick.engine), (isUp) => {
      const top = this.values?.graph.top;
      this.gate.forget();
      if (!isUp) this.setup.brickSilent();
      if (!isUp || top === undefined) return this.applier.disconnected();
      const newGfid = () => platform.random.uuid();
      this.applier.connected(
        new ValuesTree(new Volume(top, { newGfid, remembersDirectories: true })),
      );
    });
  }

  private async sayApplied(xdata: ReadonlyMap<string, DictValue>): Promise<void> {
    if (!this.hasGate) return;
    await this.values?.graph.top.wind('ipc', { op: APPLIED_OP, xdata }, ROOT_FRAME);
  }
}

/** The brick wherever it is now. */
function movable(connected: Connected): Pick<Graph['top'], 'name' | 'wind'> {
  return {
    get name() {
      return connected.graph.top.name;
    },
    wind: (fop, request, frame) => connected.graph.top.wind(fop, request, frame),
  };
}
