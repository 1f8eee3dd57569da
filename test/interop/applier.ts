import { createHash } from 'node:crypto';
import { isErrno } from '../../src/fop/error.js';
import { ROOT_FRAME } from '../../src/fop/frame.js';
import { type Gfid, gfidFromBytes } from '../../src/fop/gfid.js';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import {
  type ConfigServer,
  type Credentials,
  configValuesVolfile,
} from '../../src/graph/volgen.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';

/** The `ipc` op by which a writer tells features/read-only how far it is. */
const APPLIED_OP = 0x48454b41;

/** Writes values into one server's brick as hekafsd does: as the writer, with the same gfids everywhere. */
export class Applier {
  private readonly volume: Volume;

  static async connect(server: ConfigServer, writer: Credentials): Promise<Applier> {
    const platform = nodePlatform(nodeNetwork());
    const graph = buildGraph(configValuesVolfile(server, writer), TRANSLATORS, platform);
    const isUp = new Promise<void>((resolve, reject) => {
      graph.top.listen((notice) => {
        if (notice.event === 'child-up') resolve();
        else if (notice.event === 'auth-failed') reject(new Error(notice.why));
      });
    });
    await graph.start();
    await isUp;
    return new Applier(graph);
  }

  private constructor(private readonly graph: Graph) {
    const newGfid = (): Gfid => gfidOf(`${Math.random()}`);
    this.volume = new Volume(graph.top, { newGfid, remembersDirectories: true });
  }

  async apply(values: ReadonlyMap<string, Buffer>): Promise<void> {
    for (const [key, value] of values) {
      const names = key.split('/');
      for (let depth = 1; depth < names.length; depth += 1)
        await this.makeDirectory(names.slice(0, depth).join('/'));
      await this.volume.writeFile(key, value, { gfid: gfidOf(key) });
    }
  }

  private async makeDirectory(path: string): Promise<void> {
    try {
      await this.volume.mkdir(path, { gfid: gfidOf(path) });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }

  /** Removes paths, files or directories, in this order. */
  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths)
      await this.volume.unlink(path).catch((error) => {
        if (!isErrno(error, 'EISDIR', 'EPERM')) throw error;
        return this.volume.rmdir(path);
      });
  }

  async setApplied(isApplied: boolean): Promise<void> {
    const xdata = new Map([['hekafs.applied', { type: 'int', int: isApplied ? 1n : 0n }]] as const);
    await this.graph.top.wind('ipc', { op: APPLIED_OP, xdata }, ROOT_FRAME);
  }

  async stop(): Promise<void> {
    await this.graph.stop();
  }
}

function gfidOf(text: string): Gfid {
  return gfidFromBytes(createHash('sha256').update(text).digest());
}
