import assert from 'node:assert/strict';
import type { Cluster } from './cluster.js';
import type { ClusterNode } from './cluster-node.js';
import type { Namespaces } from './namespaces.js';
import { Registers } from './registers.js';
import { pause, until } from './until.js';

/** The promise is five seconds; what else runs on this machine may double that. */
const CONVERGED_MS = 10_000;
/** A cut that is longer than a leader is missed, and than its followers believe what they know. */
const CUT_MS = 3500;
/** Whoever can write has done so within this time, before the end of a cut. */
const LATELY_MS = 2000;

/** Cuts, holds, heals, and waits until all is as if nothing had been; then nothing may have been read that was stale. */
export async function duringCut(
  cluster: Cluster,
  network: Namespaces,
  name: string,
  cut: () => void,
  hold: (registers: Registers, sinceMs: number) => Promise<void>,
): Promise<void> {
  const { nodes } = cluster;
  const registers = new Registers(nodes, `cut/${name}`);
  const all = (sinceMs: number): boolean => {
    if (registers.writable(sinceMs).length === nodes.length) return true;
    throw new Error(`only ${registers.writable(sinceMs)}; ${registers.refusals()}`);
  };
  try {
    await until('all write', () => all(0));
    cut();
    await hold(registers, performance.now());
    network.heal();
    const healedMs = performance.now();
    await until('all write again', () => all(healedMs), CONVERGED_MS);
    await cluster.ready(CONVERGED_MS);
    const tookMs = Math.round(performance.now() - healedMs);
    process.stderr.write(`      ${name}: whole again after ${tookMs} ms\n`);
    await registers.check(await cluster.follower());
    await cluster.sameValues();
  } finally {
    network.heal();
    await registers.stop();
  }
}

/** Holds a cut, and sees that only some of the nodes can write while it lasts. */
export async function onlyWrite(
  registers: Registers,
  sinceMs: number,
  ...nodes: readonly ClusterNode[]
): Promise<void> {
  const names = nodes.map(({ name }) => name).sort();
  await until('the majority writes', () =>
    names.every((name) => registers.writable(sinceMs).includes(name)),
  );
  await pause(Math.max(0, sinceMs + CUT_MS - performance.now()));
  assert.deepEqual(registers.writable(performance.now() - LATELY_MS).sort(), names);
  for (const [name, { refusal }] of registers.writes)
    if (!names.includes(name)) assert.match(refusal, /^HFS-200[12]$/, name);
}
