import { ConfigError } from '../../../src/config/error.js';
import { ancestors, isWithin, type Key } from '../../../src/config/key.js';
import type { DoctorReport, Finding } from '../../../src/daemon/doctor/check.js';
import type { JoinRequest } from '../../../src/daemon/joining.js';
import type { ServersReport, ServersRow } from '../../../src/daemon/servers-report.js';
import type {
  Asker,
  Condition,
  Found,
  Listed,
  MembershipChange,
  ReadOptions,
  ServeRequest,
  Status,
  Verbs,
  Written,
} from '../../../src/daemon/verbs.js';
import type {
  CopyReport,
  VerifyProgress,
  VerifyReport,
  VerifyRequest,
} from '../../../src/daemon/verify-report.js';

interface Entry {
  readonly value: Buffer;
  readonly revision: number;
}

/** A node alone with itself, in memory: keeps the words of Verbs without a cluster behind them. */
export class FakeVerbs implements Verbs {
  readonly values = new Map<Key, Entry>();
  readonly servers_: string[] = [];
  /** Copies that verify finds to differ, until it repairs them. */
  readonly copies: CopyReport[] = [];
  /** Who asked last, and for what. */
  readonly askers: Asker[] = [];
  revision = 0;
  state: Status['state'] = 'new';
  /** What a doctor finds. */
  findings: readonly Finding[] = [];
  /** Set to have listings with values refused. */
  isListingTooLarge = false;
  /** Set to make every read and write fail. */
  failure: Error | undefined;
  /** Set to hold every read and write back. */
  gate: Promise<void> = Promise.resolve();
  private readonly done = new Map<string, Written>();

  constructor(readonly name = 'alder') {}

  status(): Status {
    return {
      node: `id-of-${this.name}`,
      instance: `instance-of-${this.name}`,
      name: this.name,
      version: '0',
      pid: 1,
      state: this.state,
      summary: `it is ${this.state}`,
      action: this.state === 'new' ? 'hfs_config serve' : '',
      see: null,
      notes: [],
      cluster: this.state === 'new' ? null : 'cluster-1',
      revision: this.revision,
      epoch: 1,
      server: this.servers_.length > 0,
      leader: null,
      servers: this.servers_.map((name) => ({
        node: `id-of-${name}`,
        name,
        address: '127.0.0.1:1',
        role: 'voter',
        up: true,
        trouble: null,
        isLeader: name === this.name,
        isSelf: name === this.name,
        revision: this.revision,
        why: null,
        lagRevisions: 0,
        brick: '/brick',
      })),
      survives: 0,
      mount: { verified: true, why: 'all markers agree' },
      heal: { caughtUp: true, behind: 0 },
      brick: { pid: null, port: null, path: null, engine: null },
    };
  }

  async servers(asker: Asker): Promise<ServersReport> {
    await this.asked(asker);
    const rows = this.servers_.map(
      (name): ServersRow => ({
        node: `id-of-${name}`,
        name,
        role: 'voter',
        address: '127.0.0.1:1',
        known: true,
        epoch: 1,
        answered: 'yes',
        why: '',
        marker: true,
        markers: [{ copy: name, has: true }],
        difference: '',
        differences: [],
      }),
    );
    return { rows, agree: true };
  }

  async doctor(asker: Asker): Promise<DoctorReport> {
    await this.asked(asker);
    const checks = this.findings.map((finding) => ({ name: 'a check', ...finding }));
    return { node: `id-of-${this.name}`, name: this.name, version: '0', checks };
  }

  async verify(request: VerifyRequest, asker: Asker): Promise<VerifyReport> {
    const servers = await this.servers(asker);
    const copies = this.copies.splice(0, request.repair ? this.copies.length : 0);
    const repaired = copies.map(({ node, name, differs }) => ({
      ...{ node, name, corrected: differs, problem: null },
    }));
    const agree = this.copies.length === 0;
    const { revision } = this;
    return { revision, servers, copies: this.copies, repaired, adopted: [], own: '', agree };
  }

  verifyProgress(): VerifyProgress {
    return { running: false, checked: 0, total: 0 };
  }

  async serve(request: ServeRequest, asker: Asker): Promise<MembershipChange> {
    await this.asked(asker);
    if (this.state !== 'new')
      throw new ConfigError('HFS-3003', 'serve', 'it serves already', 'nothing');
    if (!request.bootstrap && (request.join === undefined || request.token === undefined))
      throw new ConfigError('HFS-1001', 'serve', 'it needs bootstrap or join', 'serve --bootstrap');
    if (!request.bootstrap && !request.token?.startsWith('token-'))
      throw new ConfigError('HFS-3001', 'join', 'the token is not known', 'token create');
    this.state = 'ready';
    this.servers_.push(this.name);
    return this.change([], this.servers_);
  }

  async join(request: JoinRequest, asker: Asker): Promise<MembershipChange> {
    await this.asked(asker);
    if (!request.token?.startsWith('token-'))
      throw new ConfigError('HFS-3001', 'join', 'the token is not known', 'token create');
    return { ...this.change(this.servers_, this.servers_), event: 'joined' };
  }

  async retire(
    node: string | undefined,
    options: { force: boolean; dryRun: boolean },
    asker: Asker,
  ): Promise<MembershipChange> {
    await this.asked(asker);
    const name = (node ?? this.name).replace(/^id-of-/, '');
    if (!this.servers_.includes(name))
      throw new ConfigError('HFS-3004', 'retire', `no server ${name}`, 'see servers');
    if (this.servers_.length === 1 && !options.force)
      throw new ConfigError('HFS-3006', 'retire', 'it is the last server', 'bootstrap another');
    const before = [...this.servers_];
    const after = before.filter((each) => each !== name);
    if (!options.dryRun) this.servers_.splice(0, Number.POSITIVE_INFINITY, ...after);
    return { ...this.change(before, after), node: `id-of-${name}`, name };
  }

  async createToken(ttlSeconds: number, asker: Asker): Promise<{ readonly token: string }> {
    await this.asked(asker);
    return { token: `token-${ttlSeconds}` };
  }

  async volfile(asker: Asker): Promise<string> {
    await this.asked(asker);
    return 'volume values\n    type protocol/client\nend-volume\n';
  }

  async get(key: Key, options: ReadOptions, asker: Asker): Promise<Found> {
    await this.asked(asker);
    const ageMs = options.stale ? 1500 : null;
    const entry = this.values.get(key);
    if (entry)
      return { kind: 'value', key, ...entry, storeRevision: this.revision, modifiedMs: 0, ageMs };
    if (options.values && this.isListingTooLarge)
      throw new ConfigError('HFS-1012', key, 'there are too many values', 'read them one by one');
    const entries = this.listed(key, options);
    if (entries.length === 0 && key !== '')
      throw new ConfigError('HFS-1004', `no key ${key}`, 'nobody set it', 'see list');
    return { kind: 'directory', key, entries, storeRevision: this.revision, ageMs };
  }

  async put(key: Key, value: Buffer, condition: Condition, asker: Asker): Promise<Written> {
    await this.asked(asker);
    return this.once(asker, () => {
      if (ancestors(key).some((above) => this.values.has(above)))
        throw new ConfigError('HFS-1007', key, 'a value is in the way', 'delete it');
      this.check(key, condition);
      this.values.set(key, { value: Buffer.from(value), revision: ++this.revision });
      return { revision: this.revision };
    });
  }

  async remove(
    key: Key,
    options: { recursive: boolean; condition: Condition },
    asker: Asker,
  ): Promise<Written & { readonly removed: number }> {
    await this.asked(asker);
    this.check(key, options.condition);
    const gone = [...this.values.keys()].filter((each) => isWithin(each, key));
    if (gone.length === 0) throw new ConfigError('HFS-1004', key, 'not there', 'see list');
    if (!this.values.has(key) && !options.recursive)
      throw new ConfigError('HFS-1008', key, 'it is a directory', 'use -r');
    for (const each of gone) this.values.delete(each);
    return { revision: ++this.revision, removed: gone.length };
  }

  async init(
    values: ReadonlyMap<Key, Buffer>,
    asker: Asker,
  ): Promise<Written & { readonly keys: number }> {
    await this.asked(asker);
    if (this.values.size > 0)
      throw new ConfigError('HFS-1006', 'init', 'there are values', 'use set');
    this.revision++;
    for (const [key, value] of values) this.values.set(key, { value, revision: this.revision });
    return { revision: this.revision, keys: values.size };
  }

  private async asked(asker: Asker): Promise<void> {
    this.askers.push(asker);
    await this.gate;
    if (this.failure) throw this.failure;
  }

  /** A repeated request id has the outcome of the first. */
  private once(asker: Asker, write: () => Written): Written {
    const known = this.done.get(asker.requestId);
    if (known) return known;
    const written = write();
    this.done.set(asker.requestId, written);
    return written;
  }

  private check(key: Key, condition: Condition): void {
    const revision = this.values.get(key)?.revision;
    if (condition === null) return;
    const holds =
      'ifAbsent' in condition ? revision === undefined : revision === condition.ifRevision;
    if (!holds) throw new ConfigError('HFS-1005', key, `it has revision ${revision}`, 'read it');
  }

  private listed(directory: Key, { recursive, values }: ReadOptions): readonly Listed[] {
    const found = new Map<Key, Listed>();
    for (const [key, { value, revision }] of this.values) {
      if (key === directory || !isWithin(key, directory)) continue;
      const rest = key.slice(directory === '' ? 0 : directory.length + 1);
      const cut = recursive ? -1 : rest.indexOf('/');
      const name = cut === -1 ? key : `${key.slice(0, key.length - rest.length + cut)}/`;
      const isValue = name === key;
      found.set(name, {
        key: name,
        kind: isValue ? 'value' : 'directory',
        revision: isValue ? revision : null,
        size: isValue ? value.length : null,
        ...(isValue && values ? { value } : {}),
      });
    }
    return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private change(before: readonly string[], after: readonly string[]): MembershipChange {
    return {
      event: before.length > after.length ? 'retired' : 'served',
      warning: null,
      node: `id-of-${this.name}`,
      name: this.name,
      cluster: 'cluster-1',
      before: [...before],
      after: [...after],
      survivesBefore: Math.floor(Math.max(0, before.length - 1) / 2),
      survivesAfter: Math.floor(Math.max(0, after.length - 1) / 2),
      revision: this.revision,
    };
  }
}
