import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { Volume } from '../../src/mount/volume.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';

/*
 * node portmap-client.js HOST BRICK: our client of a brick whose port only the portmapper at HOST knows. It says `up` and
 * `down`, and for each line of its input writes that text into a file and says `wrote`.
 */
const [host = '', brick = ''] = process.argv.slice(2);

const graph = buildGraph(
  `
volume client
    type protocol/client
    option remote-host ${host}
    option remote-subvolume ${brick}
end-volume
`,
  TRANSLATORS,
  nodePlatform(nodeNetwork()),
);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

graph.top.listen((notice) => {
  if (notice.event === 'child-up') say('up');
  if (notice.event === 'child-down') say(`down ${notice.why}`);
});
await graph.start();
const volume = new Volume(graph.top, { newGfid: randomUUID });
for await (const line of createInterface({ input: process.stdin })) {
  await volume.writeFile('said', Buffer.from(line));
  say('wrote');
}
await graph.stop();
