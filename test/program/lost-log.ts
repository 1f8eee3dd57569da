import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterNode } from './cluster-node.js';

/** The file that is a server's log. */
export function journal(node: ClusterNode): string {
  return join(node.stateDir, 'brick/journal/log.1');
}

/** The bricks that a server has left because their log was lost. */
export function setAside(node: ClusterNode): readonly string[] {
  return readdirSync(node.stateDir).filter((name) => name.startsWith('brick.damaged-'));
}

/** The uuid of the log that the list has for a node. */
export async function voterOf(node: ClusterNode): Promise<string> {
  const { node: id } = await node.status();
  const marker = readFileSync(node.valuePath(`.hekafs/servers/${id}`), 'utf8');
  return (JSON.parse(marker) as { voter: string }).voter;
}
