import { nodeNetwork } from '../../src/platform/node/network.js';
import { clientOf, noticeOf, platformOf, serverOf } from '../unit/rpc/pair.js';
import { memoryNetwork } from './memory-network.js';
import { posixStack, type StackOptions } from './stacks.js';
import type { Stack } from './volume.js';

/** A brick behind protocol/server, as a connected protocol/client sees it. */
export async function borderStack(over: 'memory' | 'TCP', options: StackOptions): Promise<Stack> {
  const below = await posixStack(options);
  const platform = platformOf(over === 'memory' ? memoryNetwork() : nodeNetwork());
  const server = await serverOf([below.top], platform);
  const client = clientOf(server.endpoint?.port, platform);
  const isUp = noticeOf(client, 'child-up');
  await client.start();
  await isUp;
  return {
    top: client,
    hasSpecialFiles: below.hasSpecialFiles,
    close: async () => {
      await client.stop();
      await server.stop();
      await below.close();
    },
  };
}
