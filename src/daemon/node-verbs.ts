import { ConfigError } from '../config/error.js';
import { checkKey, checkWritableKey, type Key, MAX_VALUE_BYTES } from '../config/key.js';
import { tokenHash } from './credentials.js';
import type { DoctorReport } from './doctor/check.js';
import { nodeDoctor } from './doctor/node-doctor.js';
import { type JoinRequest, leave } from './joining.js';
import { localTroubles } from './local-troubles.js';
import { type RetireOptions, retire } from './membership.js';
import type { Node } from './node.js';
import { readFound } from './reading.js';
import type { ServersReport } from './servers-report.js';
import { statusReport } from './status-report.js';
import type {
  Asker,
  Condition,
  Found,
  MembershipChange,
  ReadOptions,
  ServeRequest,
  Status,
  Verbs,
  Written,
} from './verbs.js';
import type { VerifyProgress, VerifyReport, VerifyRequest } from './verify-report.js';

/** What one commit may carry: what all of `init` comes to. */
const MAX_INIT_TOTAL_BYTES = 8 * 1024 * 1024;

/** What users ask of a node, each a few words to its database or its life. */
export class NodeVerbs implements Verbs {
  constructor(private readonly node: Node) {}

  status(): Status {
    return statusReport({
      name: this.node.setup.options.host,
      instance: this.node.instance,
      state: this.node.state.data,
      config: this.node.config,
      client: this.node.client,
      phase: this.node.phase,
      brickPid: this.node.brick.pid,
      mount: this.node.check.mount,
      troubles: [...this.node.fence.troubles(), ...localTroubles(this.node)],
      notes: this.node.notes,
    });
  }

  async servers(): Promise<ServersReport> {
    if (this.node.client === undefined) this.node.running();
    return this.node.check.run();
  }

  doctor(asker: Asker): Promise<DoctorReport> {
    return nodeDoctor(this.node, asker.timeoutMs);
  }

  verify(request: VerifyRequest, asker: Asker): Promise<VerifyReport> {
    return this.node.verifier.verify(request, asker.timeoutMs);
  }

  verifyProgress(): VerifyProgress {
    return this.node.verifier.underWay;
  }

  async serve(request: ServeRequest, asker: Asker): Promise<MembershipChange> {
    return this.node.serving.serve(request, asker.timeoutMs);
  }

  async join(request: JoinRequest, asker: Asker): Promise<MembershipChange> {
    return this.node.serving.joinOnly(request, asker.timeoutMs);
  }

  async retire(
    node: string | undefined,
    options: RetireOptions,
    asker: Asker,
  ): Promise<MembershipChange> {
    const self = this.node.state.data.node;
    if (this.node.client && (node === undefined || node === self)) return leave(this.node, options);
    const { database } = this.node.running();
    return retire(
      database,
      this.node.setup.peers,
      this.node.state.data.node,
      node,
      options,
      asker.timeoutMs,
    );
  }

  async createToken(ttlSeconds: number, asker: Asker): Promise<{ readonly token: string }> {
    const { database } = this.node.running();
    const token = this.node.setup.platform.random.bytes(24).toString('hex');
    const json = JSON.stringify({ hash: tokenHash(token), ttlSeconds });
    await database.propose(
      { op: 'system', changes: [{ type: 'token', json }] },
      '',
      asker.timeoutMs,
    );
    return { token };
  }

  async volfile(): Promise<string> {
    return this.node.clientVolfile();
  }

  async get(key: Key, options: ReadOptions, asker: Asker): Promise<Found> {
    if (key !== '') checkKey(key);
    const { database } = this.node.running();
    if (!options.stale) await database.catchUp(asker.timeoutMs);
    return readFound(database, key, options);
  }

  async put(key: Key, value: Buffer, condition: Condition, asker: Asker): Promise<Written> {
    checkWritableKey(key);
    checkValue(key, value);
    const { database } = this.node.running();
    const command = { op: 'put', key, value, condition } as const;
    const { revision } = await database.propose(command, asker.requestId, asker.timeoutMs);
    return { revision };
  }

  async remove(
    key: Key,
    options: { readonly recursive: boolean; readonly condition: Condition },
    asker: Asker,
  ): Promise<Written & { readonly removed: number }> {
    checkWritableKey(key);
    const { database } = this.node.running();
    const command = { op: 'remove', key, ...options } as const;
    const { revision, changes } = await database.propose(command, asker.requestId, asker.timeoutMs);
    return { revision, removed: changes };
  }

  async init(
    values: ReadonlyMap<Key, Buffer>,
    asker: Asker,
  ): Promise<Written & { readonly keys: number }> {
    let total = 0;
    for (const [key, value] of values) {
      checkWritableKey(key);
      checkValue(key, value);
      total += key.length + value.length;
    }
    if (total > MAX_INIT_TOTAL_BYTES)
      throw tooLarge(
        'the initial values',
        total,
        MAX_INIT_TOTAL_BYTES,
        'set the largest ones afterwards',
      );
    const { database } = this.node.running();
    const { revision } = await database.propose(
      { op: 'init', values },
      asker.requestId,
      asker.timeoutMs,
    );
    return { revision, keys: values.size };
  }
}

function checkValue(key: Key, value: Buffer): void {
  if (value.length > MAX_VALUE_BYTES)
    throw tooLarge(
      `the value of ${key}`,
      value.length,
      MAX_VALUE_BYTES,
      'keep large files elsewhere and their name here',
    );
}

function tooLarge(what: string, size: number, limit: number, next: string): ConfigError {
  return new ConfigError(
    'HFS-1003',
    'nothing was written',
    `${what} has ${size} bytes, ${limit} are allowed`,
    next,
  );
}
