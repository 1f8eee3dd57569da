import { randomUUID } from 'node:crypto';
import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';

const NAME = 'witness';
const CONTENT = Buffer.alloc(100_000, 'nobody may change this. ');

const volfile = (port: number, subvolume: string): string => `
volume client
    type protocol/client
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume ${subvolume}
end-volume
`;

/** A client of ours on one subvolume of the brick, connected. */
export async function connected(port: number, subvolume: string): Promise<[Graph, Volume]> {
  const platform = nodePlatform(nodeNetwork());
  const graph = buildGraph(volfile(port, subvolume), TRANSLATORS, platform);
  const isUp = new Promise<void>((resolve) => {
    graph.top.listen(({ event }) => {
      if (event === 'child-up') resolve();
    });
  });
  await graph.start();
  await isUp;
  return [graph, new Volume(graph.top, { newGfid: randomUUID })];
}

/** A well-behaved client of the subvolume that nobody shoots at: is it served, in time and with the right bytes? */
export class Witness {
  slowestMs = 0;

  private constructor(
    private readonly graph: Graph,
    private readonly volume: Volume,
  ) {}

  static async of(port: number): Promise<Witness> {
    const [graph, volume] = await connected(port, 'quiet');
    await volume.writeFile(NAME, CONTENT);
    return new Witness(graph, volume);
  }

  async look(): Promise<void> {
    const begin = performance.now();
    const content = await this.volume.readFile(NAME);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begin);
    if (!content.equals(CONTENT)) throw new Error('the witness has other bytes');
  }

  close(): Promise<void> {
    return this.graph.stop();
  }
}
