import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isErrno } from '../../src/fop/error.js';
import { isDirectory } from '../../src/fop/iatt.js';
import { byteString, readable } from '../../src/fop/name.js';
import { nodeDisk } from '../../src/platform/node/disk.js';
import type { ClusterNode } from './cluster-node.js';
import { until } from './until.js';

const disk = nodeDisk();

/** One line for everything below a server's `values`: path, kind, mode, gfid, and of files time and bytes. */
export function valuesCopy(node: ClusterNode): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  walk(node.valuePath(''), '', found);
  return found;
}

function walk(root: string, key: string, found: Map<string, string>): void {
  for (const { name } of disk.readdir(byteString(`${root}/${key}`))) {
    if (name === '.' || name === '..' || (key === '' && name === '.glusterfs')) continue;
    const below = key === '' ? readable(name) : `${key}/${readable(name)}`;
    const path = byteString(`${root}/${below}`);
    const { mode, size, mtime, mtimeNsec } = disk.lstat(path);
    const basic = `${mode.toString(8)} ${gfidOf(path)}`;
    if (isDirectory({ mode })) {
      found.set(below, basic);
      walk(root, below, found);
    } else {
      const hash = createHash('sha256')
        .update(readFileSync(`${root}/${below}`))
        .digest('hex');
      found.set(below, `${basic} ${size} ${mtime}.${mtimeNsec} ${hash}`);
    }
  }
}

function gfidOf(path: string): string {
  try {
    return disk.getxattr(path, 'trusted.gfid').toString('hex');
  } catch (error) {
    if (!isErrno(error, 'ENODATA', 'EPERM')) throw error;
    return disk.getxattr(path, 'user.trusted.gfid').toString('hex');
  }
}

/** The revision that a copy says it holds. */
function versionOf(node: ClusterNode): number {
  const version = JSON.parse(readFileSync(node.valuePath('.hekafs/version'), 'utf8'));
  return Number((version as { revision: unknown }).revision);
}

/**
 * Waits until the copies of all nodes are the same, and at `revision` or later; answers the paths. Says what differs
 * where they stay apart.
 */
export function sameValues(
  nodes: readonly ClusterNode[],
  revision: number,
  timeoutMs: number,
): Promise<readonly string[]> {
  return until(
    `the values of ${nodes.map(({ name }) => name).join(', ')} are the same`,
    () => {
      for (const node of nodes)
        if (versionOf(node) < revision)
          throw new Error(`${node.name} is at ${versionOf(node)}, not ${revision}`);
      const [first, ...others] = nodes.map(valuesCopy);
      if (first === undefined) return [];
      for (const [index, other] of others.entries()) {
        const keys = new Set([...first.keys(), ...other.keys()]);
        const differ = [...keys].filter((key) => first.get(key) !== other.get(key));
        if (differ.length > 0) throw new Error(differences(differ, first, other, index + 1));
      }
      return [...first.keys()].sort();
    },
    timeoutMs,
  );
}

const SHOWN = 5;

function differences(
  keys: readonly string[],
  first: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
  index: number,
): string {
  const lines = keys
    .slice(0, SHOWN)
    .map((key) => `${key}: ${first.get(key) ?? 'absent'} | ${other.get(key) ?? 'absent'}`);
  return `copies 0 and ${index} differ in ${keys.length} paths:\n${lines.join('\n')}`;
}
