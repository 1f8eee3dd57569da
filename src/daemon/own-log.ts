import { firstRecord, foundingLog, headerEntry } from '../config/log/new-log.js';
import { byteString } from '../fop/name.js';
import { brickFailed } from './brick-failed.js';
import type { ConfigNode } from './config-node.js';
import { foundLog } from './found-log.js';
import type { Node } from './node.js';
import type { BrickState } from './node-state.js';

const BRICK_MS = 15_000;

/**
 * Makes this node's log where the state says that it is not made yet: the founder's begins with the first list, any other is
 * empty. Throws HFS-5004 where the brick does not come up.
 */
export async function foundOwnLog(
  node: Node,
  config: ConfigNode,
  cluster: string,
  brick: BrickState,
): Promise<void> {
  if (brick.isFounded) return;
  const { members, node: self } = node.state.data;
  const isOwn = ({ voter }: { readonly voter: string }): boolean => voter === brick.voter;
  const header = { cluster, voter: brick.voter, brick: brick.number ?? 0 };
  // A list from elsewhere may name this node, too, from an attempt that ended early; but never this log.
  const isFounder = members.epoch === 1 && members.servers.some(isOwn);
  const { clock } = node.setup.platform;
  const deadline = clock.monotonicMs() + BRICK_MS;
  await foundLog({
    acceptor: config.acceptor({ ...node.ownServer(brick), brick: header.brick, role: 'learner' }),
    clock,
    header,
    first: isFounder
      ? foundingLog(
          header,
          { counter: 1, owner: self },
          firstRecord(cluster, members, clock.wallMs()),
        )
      : headerEntry(header),
    checkBrick: () => {
      const { complaint } = node.brick;
      if (complaint !== null || clock.monotonicMs() > deadline) throw brickFailed(complaint);
    },
  });
  // glusterfsd answers fsyncdir without doing it.
  if (brick.engine === 'glusterfs')
    await node.setup.platform.disk.fsyncdir(byteString(`${brick.path}/journal`));
  await node.state.update((data) => ({
    ...data,
    brick: data.brick && { ...data.brick, isFounded: true },
  }));
}
