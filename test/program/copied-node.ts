import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeState } from '../../src/daemon/node-state.js';
import { decodeState, encodeState } from '../../src/daemon/state.js';
import { ClusterNode, nodePorts } from './cluster-node.js';

/**
 * A copy of a node's state directory, as on a second machine: on other ports, and its paths lead to itself. The node must not run
 * meanwhile.
 */
export async function copyOf(node: ClusterNode): Promise<ClusterNode> {
  const twin = new ClusterNode(node.name, `${node.stateDir}-copy`, await nodePorts());
  execFileSync('cp', ['-a', node.stateDir, twin.stateDir]);
  const path = join(twin.stateDir, 'state.json');
  const state = decodeState(readFileSync(path)) as NodeState;
  const brick = state.brick && { ...state.brick, path: join(twin.stateDir, 'brick') };
  writeFileSync(path, encodeState({ ...state, brick }));
  return twin;
}
