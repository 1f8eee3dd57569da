import { Node } from './node.js';
import type { StartNode } from './node-start.js';
import { type NodeState, newNodeState } from './node-state.js';
import { StateFile } from './state.js';

/** Starts a node: its state is read, its ports are open; the rest goes on behind its status. */
export const startNode: StartNode = async (setup) => {
  const { platform, options, log } = setup;
  const initial = newNodeState(platform.random.uuid());
  const state = await StateFile.open<NodeState>(
    platform.disk,
    `${options.stateDir}/state.json`,
    initial,
  );
  if (state.recovery !== undefined)
    log.warn('the state was damaged; the generation before it is used', {
      code: 'HFS-5003',
      why: state.recovery,
      next: 'look at the disk; hfs_config servers shows whether this node is what it was',
    });
  if (state.isNew) await state.update((data) => data);
  const node = new Node(setup, state);
  await node.begin();
  return node;
};
