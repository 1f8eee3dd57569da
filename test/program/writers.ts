import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { type Answered, askHttp } from './api.js';
import type { ClusterNode } from './cluster-node.js';
import { pause, until } from './until.js';

/** A write that was answered with a revision. */
export interface Acknowledged {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly requestId: string;
}

export interface WritersOptions {
  /** Programs that write, one request after the other each. */
  readonly count?: number;
  /** How often a write may be asked once more, at a node that runs. */
  readonly retries?: number;
}

/** What may pass: no connection, no majority or no room for now, and a node that is only starting. */
const PASSING = new Set([503, 507]);
const PAUSE_MS = 30;

/**
 * Programs that write through the HTTP of whichever nodes run, each write under its own request id. Each has a
 * counter of its own that it raises on the condition that nobody else did (If-Match), and in between new keys: so a
 * lost write shows as a missing key or a low counter, and one that was done twice as a refusal.
 */
export class Writers {
  readonly acknowledged: Acknowledged[] = [];
  /** Writes whose clients were never answered: done or not. */
  readonly unanswered: Pick<Acknowledged, 'key' | 'value'>[] = [];
  /** What clients were told that they should not have been. */
  readonly errors: string[] = [];
  retried = 0;
  private readonly agent = new Agent({ keepAlive: true });
  private isStopped = false;
  private readonly running: Promise<void>[];
  private readonly retries: number;
  private readonly tokens = new Map<ClusterNode, string>();

  constructor(
    private readonly nodes: readonly ClusterNode[],
    private readonly name: string,
    { count = 3, retries = 1 }: WritersOptions = {},
  ) {
    this.retries = retries;
    for (const node of nodes) this.tokens.set(node, node.token);
    this.running = Array.from({ length: count }, (_, index) => this.write(index));
  }

  /** Settles when so many more writes than now have been acknowledged, or something went wrong. */
  async more(count: number, timeoutMs = 10_000): Promise<void> {
    const wanted = this.acknowledged.length + count;
    const isEnough = () => this.acknowledged.length >= wanted || this.errors.length > 0;
    await until(`${count} more writes`, isEnough, timeoutMs);
  }

  /** No more writes; settles when the last ones are answered. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
    this.agent.destroy();
  }

  private async write(index: number): Promise<void> {
    let counter = 0;
    let revision = 0;
    const mine = `${this.name}/w${index}`;
    while (!this.isStopped && this.errors.length === 0) {
      const key = `${mine}/${counter}`;
      await this.put(key, `${counter} of ${key}`, {});
      const condition = counter === 0 ? { 'If-None-Match': '*' } : { 'If-Match': `"${revision}"` };
      const raised = await this.put(`${mine}/counter`, String(counter + 1), condition);
      if (raised === undefined) return;
      revision = raised;
      counter++;
      await pause(PAUSE_MS);
    }
  }

  private async put(
    key: string,
    value: string,
    condition: Readonly<Record<string, string>>,
  ): Promise<number | undefined> {
    const requestId = randomUUID();
    const said: string[] = [];
    for (let tries = 0; tries <= this.retries && !(tries > 0 && this.isGivenUp); tries++) {
      if (tries > 0) this.retried++;
      const outcome = await this.once(key, value, { ...condition, 'HFS-Request-Id': requestId });
      if (typeof outcome === 'number') {
        this.acknowledged.push({ key, value, revision: outcome, requestId });
        return outcome;
      }
      said.push(outcome.why);
      if (!outcome.mayPass) break;
    }
    this.unanswered.push({ key, value });
    if (!this.isGivenUp) this.errors.push(`${key}: ${said.join('; then ')}`);
    return undefined;
  }

  /** Nobody is there to ask: what failed then is no error, and no promise either. */
  private get isGivenUp(): boolean {
    return this.isStopped && !this.nodes.some(({ isRunning }) => isRunning);
  }

  private async once(
    key: string,
    value: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<number | { readonly why: string; readonly mayPass: boolean }> {
    const alive = this.nodes.filter(({ isRunning }) => isRunning);
    const node = alive[Math.floor(Math.random() * alive.length)];
    if (node === undefined) return { why: 'no node runs', mayPass: true };
    try {
      const asked = { method: 'PUT', path: `/v1/config/${key}`, body: value, headers } as const;
      const answer = await askHttp(node.httpPlace, this.tokens.get(node), asked, this.agent);
      return outcomeOf(node, answer);
    } catch (error) {
      return { why: `${node.name}: ${String(error)}`, mayPass: true };
    }
  }
}

function outcomeOf(
  node: ClusterNode,
  { status, body }: Answered,
): number | { readonly why: string; readonly mayPass: boolean } {
  const text = body.toString();
  if (status === 200) return (JSON.parse(text) as { revision: number }).revision;
  return { why: `${node.name}: ${status} ${text}`, mayPass: PASSING.has(status) };
}
