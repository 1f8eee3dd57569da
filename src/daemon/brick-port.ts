import { ConfigError } from '../config/error.js';
import { type Endpoint, type Network, NetworkError } from '../platform/network.js';
import type { PortRange } from './option-value.js';

/** The first port of the range at which nobody listens. Throws HFS-5001 where there is none. */
export async function freeBrickPort(
  network: Network,
  host: string,
  { low, high }: PortRange,
): Promise<number> {
  for (let port = low; port <= high; port++) if (await isFree(network, { host, port })) return port;
  throw new ConfigError(
    'HFS-5001',
    'no port for the brick',
    `all of ${low}-${high} are taken`,
    'give hekafsd other ones with --brick-ports LOW-HIGH',
  );
}

async function isFree(network: Network, at: Endpoint): Promise<boolean> {
  try {
    const listener = await network.listen(at, (stream) => {
      stream.close('only trying the port');
      return { data: () => undefined, drain: () => undefined, closed: () => undefined };
    });
    await listener.close();
    return true;
  } catch (error) {
    if (error instanceof NetworkError) return false;
    throw error;
  }
}
