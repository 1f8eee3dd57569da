import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isErrno } from '../../src/fop/error.js';
import type { Notice } from '../../src/fop/translator.js';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';
import { interopMissing, stockMount } from '../interop/stock-client.js';

/** Somebody who reads the config filesystem by its volfile. */
export interface ConfigReader {
  readonly name: string;
  /** A value; undefined where there is none. Any other trouble is an error. */
  read(key: string): Promise<Buffer | undefined>;
  /** What the program logged that an administrator should see. */
  log(): readonly string[];
  close(): Promise<void>;
}

/** Our own client graph. */
export async function ourReader(volfile: string): Promise<ConfigReader> {
  const platform = nodePlatform(nodeNetwork());
  const graph = buildGraph(volfile, TRANSLATORS, platform);
  const logged: string[] = [];
  const isUp = new Promise<void>((resolve) => {
    graph.top.listen((notice: Notice) => {
      if (notice.event === 'child-up') resolve();
      if (notice.event === 'log') logged.push(`${notice.message} ${JSON.stringify(notice.fields)}`);
    });
  });
  await graph.start();
  await isUp;
  const volume = new Volume(graph.top, { newGfid: () => platform.random.uuid() });
  return {
    name: 'our client',
    read: (key) => unlessAbsent(volume.readFile(key)),
    log: () => logged,
    close: () => graph.stop(),
  };
}

/** The distribution's client, without caches of the kernel between; undefined where it cannot run, with the reason printed. */
export async function stockReader(volfile: string): Promise<ConfigReader | undefined> {
  const missing = interopMissing();
  if (missing !== undefined) {
    if (process.env['HEKAFS_REQUIRE_INTEROP'] === '1') throw new Error(missing);
    process.stderr.write(`    without the stock client: ${missing}\n`);
    return undefined;
  }
  const directory = mkdtempSync(join(tmpdir(), 'hekafs-readers-'));
  const uncached = ['--direct-io-mode=enable', '--attribute-timeout=0', '--entry-timeout=0'];
  const mount = await stockMount(directory, 'client', volfile, uncached);
  return {
    name: 'the stock client',
    read: (key) => unlessAbsent(readFile(join(mount.path, key))),
    log: () => [],
    close: async () => {
      await mount.unmount();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function unlessAbsent(reading: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, 'ENOENT') || (error as { code?: unknown }).code === 'ENOENT')
      return undefined;
    throw error;
  }
}
