import assert from 'node:assert/strict';
import { problemOf } from './api.js';
import type { ClusterNode } from './cluster-node.js';
import { pause } from './until.js';

/** One key that one writer raises, number by number. */
interface Register {
  readonly key: string;
  /** The highest number that was acknowledged. */
  done: number;
  /** Numbers of which the writer was told that they were not accepted: nobody may ever read them. */
  readonly refused: Set<number>;
}

export interface RegistersOptions {
  /** How long a write and a read may take. */
  readonly timeoutMs?: number;
  readonly pauseMs?: number;
}

/** When a node last did what it was asked, and what it said last where it did not. */
export interface Answered {
  atMs: number;
  refusal: string;
}

/**
 * Programs at every node of a cluster that is being hurt, one that writes and one that reads. Each writer raises a register of
 * its own; once the outcome of a write is unknown it begins another one. So whatever happens, a read may show no less than
 * what was acknowledged before it was asked, and nothing that was refused: else it was stale, or the refusal a lie.
 */
export class Registers {
  readonly wrong: string[] = [];
  /** By node name. */
  readonly writes = new Map<string, Answered>();
  readonly reads = new Map<string, Answered>();
  /** Between two acknowledged writes of one node, milliseconds, as they came. */
  readonly tookMs = new Map<string, number[]>();
  readonly codes = new Set<string>();
  private readonly registers: Register[] = [];
  private readonly timeoutMs: number;
  private readonly pauseMs: number;
  private isStopped = false;
  private readonly running: Promise<void>[];

  constructor(
    nodes: readonly ClusterNode[],
    private readonly name: string,
    { timeoutMs = 1500, pauseMs = 30 }: RegistersOptions = {},
  ) {
    this.timeoutMs = timeoutMs;
    this.pauseMs = pauseMs;
    this.running = nodes.flatMap((node) => [this.write(node), this.read(node)]);
  }

  /** The nodes on which somebody's write, begun after `sinceMs`, was acknowledged. */
  writable(sinceMs: number): string[] {
    return [...this.writes].filter(([, { atMs }]) => atMs > sinceMs).map(([name]) => name);
  }

  /** What each node's writer was told last that was no success. */
  refusals(): string {
    return [...this.writes].map(([name, { refusal }]) => `${name} ${refusal}`).join(', ');
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.running);
  }

  /** Looks at everything once more, on a node that is well, and fails where anything was wrong. */
  async check(node: ClusterNode): Promise<void> {
    await this.stop();
    for (const register of this.registers) await this.look(node, register, 5000);
    assert.deepEqual(this.wrong, []);
    const done = this.registers.reduce((sum, register) => sum + register.done, 0);
    assert.ok(done > 0, 'nothing was ever written');
  }

  private newRegister(node: ClusterNode): Register {
    const key = `${this.name}/${node.name}/${this.registers.length}`;
    const register = { key, done: 0, refused: new Set<number>() };
    this.registers.push(register);
    return register;
  }

  private async write(node: ClusterNode): Promise<void> {
    const state: Answered = { atMs: 0, refusal: '' };
    this.writes.set(node.name, state);
    const took: number[] = [];
    this.tookMs.set(node.name, took);
    let register = this.newRegister(node);
    for (let number = 1; !this.isStopped; number++) {
      const startMs = performance.now();
      const refusal = await this.put(node, register.key, number);
      if (refusal === '') {
        register.done = number;
        state.atMs = startMs;
        took.push(performance.now() - startMs);
      } else {
        state.refusal = refusal;
        this.codes.add(refusal);
        if (refusal === 'HFS-2001') register.refused.add(number);
        else register = this.newRegister(node);
      }
      await pause(this.pauseMs);
    }
  }

  /** Empty where it was acknowledged; else the code, or `silent` where nobody answered. */
  private async put(node: ClusterNode, key: string, number: number): Promise<string> {
    try {
      const answer = await node.put(key, String(number), this.timeoutMs);
      return answer.status === 200 ? '' : problemOf(answer).code;
    } catch {
      return 'silent';
    }
  }

  private async read(node: ClusterNode): Promise<void> {
    const state: Answered = { atMs: 0, refusal: '' };
    this.reads.set(node.name, state);
    while (!this.isStopped) {
      const register = this.registers[Math.floor(Math.random() * this.registers.length)];
      const startMs = performance.now();
      if (register && (await this.look(node, register, this.timeoutMs))) state.atMs = startMs;
      await pause(this.pauseMs);
    }
  }

  /** Reads a register; true where it was answered. */
  private async look(node: ClusterNode, register: Register, timeoutMs: number): Promise<boolean> {
    const { key, done } = register;
    const path = `/v1/config/${key}`;
    const answer = await node.http({ path, timeoutMs }).catch(() => undefined);
    if (answer === undefined || answer.status === 503) return false;
    const text = answer.body.toString();
    const found = answer.status === 404 ? 0 : answer.status === 200 ? Number(text) : Number.NaN;
    if (Number.isNaN(found)) this.wrong.push(`${key} on ${node.name}: ${answer.status} ${text}`);
    if (found < done) this.wrong.push(`${key} on ${node.name}: ${found} after ${done}`);
    if (register.refused.has(found)) this.wrong.push(`${key} on ${node.name}: ${found}, refused`);
    return true;
  }
}
