import type { Graph } from '../../src/graph/graph.js';
import { permissionStories, play } from '../contract/permission-stories.js';
import { connectedGraph } from './our-client.js';
import { needInterop } from './stock-client.js';
import { StockVolume } from './stock-volume.js';
import type { BrickPlan } from './volume-volfiles.js';

/* What the lines of permissions.txt say of a stock brick is true, and what they say of ours with all that glusterd puts above it. */

const clientVolfile = ({ directory, port }: BrickPlan): string => `
volume client
    type protocol/client
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume ${directory}
end-volume
`;

for (const engine of ['stock', 'ours'] as const)
  describe(`who may do what, on a brick served by ${engine}`, function () {
    this.timeout(60_000);
    let volume: StockVolume | undefined;
    let client: Graph | undefined;

    before(async function () {
      needInterop(this, 'glusterfsd');
      volume = await StockVolume.start('none', engine);
      client = await connectedGraph(clientVolfile(volume.brick(0).plan));
    });

    after(async () => {
      await client?.stop();
      await volume?.stop();
    });

    for (const story of permissionStories())
      it(story.title, async () => {
        if (client) await play(client.top, story, engine === 'stock' ? 'stock' : 'here');
      });
  });
