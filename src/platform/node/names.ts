import { lookup } from 'node:dns/promises';

/** All addresses of a name, as the system resolves it (hosts file, then DNS). Throws an Error that says why there are none. */
export async function lookupAll(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
}
