import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodeRandom } from '../../src/platform/node/random.js';
import { clientOf, noticeOf, platformOf, serverOf } from '../unit/rpc/pair.js';
import { memoryNetwork } from './memory-network.js';
import { posixStack, type StackOptions } from './stacks.js';
import type { Stack } from './volume.js';

/** A brick behind protocol/server, as a connected protocol/client sees it. */
export async function borderStack(
  over: 'memory' | 'TCP',
  options: StackOptions,
  subdir?: string,
): Promise<Stack> {
  const below = await posixStack(options);
  if (subdir !== undefined)
    await new Volume(below.top, { newGfid: () => nodeRandom.uuid() }).mkdir(subdir);
  const platform = platformOf(over === 'memory' ? memoryNetwork() : nodeNetwork());
  const server = await serverOf([below.top], platform);
  const asked = subdir === undefined ? {} : { 'subdir-mount': `/${subdir}` };
  const client = clientOf(server.endpoint?.port, platform, asked);
  const isUp = noticeOf(client, 'child-up');
  await client.start();
  await isUp;
  return {
    top: client,
    hasSpecialFiles: below.hasSpecialFiles,
    ...(subdir !== undefined && { rootPath: `/${subdir}` }),
    close: async () => {
      await client.stop();
      await server.stop();
      await below.close();
    },
  };
}
