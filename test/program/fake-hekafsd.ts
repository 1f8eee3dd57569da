import { main } from '../../src/daemon/hekafsd.js';
import type { NodeSetup, RunningNode } from '../../src/daemon/node-start.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { FakeVerbs } from '../unit/daemon/fake-verbs.js';

/* hekafsd with a node in memory: everything around the node is what ships. */

async function startNode({ options, log }: NodeSetup): Promise<RunningNode> {
  const verbs = new FakeVerbs(options.host);
  if (options.host === 'broken') throw new Error('the node does not start');
  if (options.host === 'crash') setTimeout(() => JSON.parse('nonsense'), 50);
  return {
    verbs,
    peers: { answer: async (_verb, body) => body },
    clusterSecret: () => 'secret',
    standstill: () => undefined,
    begun: Promise.resolve(),
    reload: () => {},
    relay: undefined,
    stop: async () => log.info('node stopped'),
  };
}

const platform = nodePlatform(nodeNetwork());
process.exit(await main(process.argv.slice(2), { platform, startNode }));
