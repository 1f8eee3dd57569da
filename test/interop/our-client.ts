import { buildGraph, type Graph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';

/** A graph of this engine, and what its top said first: `child-up`, `child-down` or `auth-failed`. */
async function started(volfile: string): Promise<{ graph: Graph; event: string }> {
  const graph = buildGraph(volfile, TRANSLATORS, nodePlatform(nodeNetwork()));
  const first = new Promise<string>((resolve) => {
    graph.top.listen(({ event }) => {
      if (event !== 'log' && event !== 'upcall') resolve(event);
    });
  });
  await graph.start();
  return { graph, event: await first };
}

/** What becomes of a graph that is started: `child-up`, `child-down` or `auth-failed`. */
export async function outcomeAt(volfile: string): Promise<string> {
  const { graph, event } = await started(volfile);
  await graph.stop();
  return event;
}

/** A graph that is up; throws where it is refused. */
export async function connectedGraph(volfile: string): Promise<Graph> {
  const { graph, event } = await started(volfile);
  if (event === 'child-up') return graph;
  await graph.stop();
  throw new Error(`refused: ${event}`);
}
