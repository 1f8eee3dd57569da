import { FopError, isErrno } from '../../src/fop/error.js';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { Volume } from '../../src/mount/volume.js';
import { sleep } from '../../src/platform/platform.js';
import type { CommittedValues } from './committed-values.js';
import { KEYS } from './config-client.js';
import { SimDisk } from './disk.js';
import type { SimProcess } from './process.js';
import { shown } from './values-check.js';

const PAUSE_MS = 200;

/**
 * Whoever mounts the config filesystem with the volfile that everybody gets, and reads files. What it reads must be, or have
 * been, a committed value.
 */
export class ConfigReader {
  reads = 0;
  readonly findings: string[] = [];
  /** What all keys held, read when all of them could be; undefined until then. */
  last: ReadonlyMap<string, string> | undefined;

  constructor(
    private readonly process: SimProcess,
    private readonly committed: CommittedValues,
  ) {}

  start(volfile: string): void {
    const { process } = this;
    const disk = new SimDisk({ clock: process.clock, random: process.random });
    const graph = buildGraph(volfile, TRANSLATORS, process.platform(disk));
    const volume = new Volume(graph.top, { newGfid: () => process.random.uuid() });
    process.run('reader starts', async () => {
      await graph.start();
      await this.work(volume);
    });
  }

  private async work(volume: Volume): Promise<never> {
    for (;;) {
      await sleep(this.process.clock, this.process.random.exponential(PAUSE_MS));
      try {
        this.last = await this.readAll(volume);
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
      }
    }
  }

  private async readAll(volume: Volume): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const key of KEYS) {
      const value = await this.read(volume, key);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  private async read(volume: Volume, key: string): Promise<string | undefined> {
    try {
      const value = (await volume.readFile(key)).toString('latin1');
      this.reads++;
      if (!this.committed.wasEver(key, value))
        this.findings.push(`a reader saw ${shown(value)} in ${key}: never committed`);
      return value;
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ESTALE')) return undefined;
      throw error;
    }
  }
}
