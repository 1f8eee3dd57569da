import type { Network } from '../network.js';
import type { Platform } from '../platform.js';
import { nodeClock } from './clock.js';
import { nodeDisk } from './disk.js';
import { nodeRandom } from './random.js';

/** The machine this process runs on; its network is given by whoever knows the certificates. */
export function nodePlatform(network: Network): Platform {
  return { clock: nodeClock, random: nodeRandom, network, disk: nodeDisk() };
}
