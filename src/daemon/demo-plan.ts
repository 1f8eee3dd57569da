import { createServer } from 'node:http';
import { join } from 'node:path';
import { ConfigError } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { whyTaken } from '../platform/node/port-holder.js';
import { DurableFile, readWhole } from './durable-file.js';

/** One node of a demo. Its ports stay the same from start to start. */
export interface DemoNode {
  readonly name: string;
  readonly http: number;
  readonly mgmt: number;
  /** The first of its ports for bricks. */
  readonly bricks: number;
}

const FIRST_HTTP = 24006;
const FIRST_BRICK = 49152;
const DEFAULT_NODES = 3;
export const BRICK_PORTS = 8;

/**
 * The nodes of the demo in `directory`: those of the start before, and new ones on the next free ports up to
 * `wanted`. Throws HFS-1001 for fewer than there were: the missing ones would cost the majority.
 */
export async function demoPlan(
  disk: Disk,
  directory: string,
  wanted: number | undefined,
): Promise<readonly DemoNode[]> {
  const known = readPlan(disk, planPath(directory));
  const count = wanted ?? Math.max(known.length, known.length === 0 ? DEFAULT_NODES : 0);
  if (count < known.length) throw fewer(directory, known.length);
  const nodes = [...known];
  while (nodes.length < count) nodes.push(await newNode(nodes));
  if (nodes.length > known.length) await savePlan(disk, directory, nodes);
  return nodes;
}

/**
 * Throws HFS-5001 where a port of a node is taken: its cluster knows it by that port, so it cannot have another one, and the demo
 * does not go on without it.
 */
export async function checkDemoPorts(directory: string, nodes: readonly DemoNode[]): Promise<void> {
  for (const { name, http, mgmt } of nodes)
    for (const port of [http, mgmt])
      if (!(await isFree(port))) throw portTaken(directory, name, port);
}

function portTaken(directory: string, name: string, port: number): ConfigError {
  const what = `${name} of the demo in ${directory} cannot have its port ${port}`;
  const next = 'stop that one, or start another demo with its own --state-dir';
  return new ConfigError('HFS-5001', what, whyTaken(port), next);
}

async function newNode(nodes: readonly DemoNode[]): Promise<DemoNode> {
  const taken = new Set(nodes.flatMap(({ http, mgmt, bricks }) => [http, mgmt, bricks]));
  const http = await freePort(FIRST_HTTP, 1, taken);
  taken.add(http);
  const mgmt = await freePort(http + 1, 1, taken);
  const bricks = await freePort(FIRST_BRICK, BRICK_PORTS, taken);
  return { name: `node${nodes.length + 1}`, http, mgmt, bricks };
}

async function freePort(from: number, step: number, taken: ReadonlySet<number>): Promise<number> {
  for (let port = from; port <= 65_535 - step; port += step)
    if (!taken.has(port) && (await isFree(port))) return port;
  throw new ConfigError('HFS-5001', 'no free port', `all from ${from} on are taken`, 'free some');
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function planPath(directory: string): string {
  return join(directory, 'demo.json');
}

function readPlan(disk: Disk, path: string): readonly DemoNode[] {
  let text: string;
  try {
    text = readWhole(disk, byteString(path)).toString('utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return parsePlan(path, text);
}

function parsePlan(path: string, text: string): readonly DemoNode[] {
  try {
    const nodes: unknown = JSON.parse(text);
    if (Array.isArray(nodes) && nodes.every(isNode)) return nodes;
  } catch {
    // Said below: the file is no plan either way.
  }
  const next = 'remove it, and the demo takes new ports';
  throw new ConfigError('HFS-5003', `${path} is damaged`, 'it is no list of nodes', next);
}

function isNode(value: unknown): value is DemoNode {
  if (typeof value !== 'object' || value === null) return false;
  const { name, http, mgmt, bricks } = value as Partial<Record<keyof DemoNode, unknown>>;
  const isNamed = typeof name === 'string' && /^node\d$/.test(name);
  return isNamed && [http, mgmt, bricks].every((port) => Number.isInteger(port));
}

async function savePlan(disk: Disk, directory: string, nodes: readonly DemoNode[]): Promise<void> {
  const file = new DurableFile(disk, planPath(directory));
  await file.replace(Buffer.from(`${JSON.stringify(nodes, null, 2)}\n`));
}

function fewer(directory: string, count: number): ConfigError {
  const why = `the demo in ${directory} has ${count} nodes, and its data needs them`;
  const next = `use --nodes ${count}, or another --state-dir`;
  return new ConfigError('HFS-1001', '--nodes refused', why, next);
}
