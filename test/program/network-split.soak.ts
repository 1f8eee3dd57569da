import assert from 'node:assert/strict';
import { Cluster, useCluster } from './cluster.js';
import { duringCut, onlyWrite } from './cut-network.js';
import { Namespaces, needNamespaces } from './namespaces.js';
import { pause } from './until.js';

/** How long a node hears nobody: long enough for what it tries again and again to show. */
const DEAF_MS = 40_000;
/** It takes over after three seconds, and each time it is deposed it waits twice as long. */
const MAX_TERMS = 8;

describe('five servers, and cuts through the middle', function () {
  this.timeout(120_000);
  let network: Namespaces;
  before(function () {
    needNamespaces(this);
    network = new Namespaces();
  });
  const cluster = useCluster(() => Cluster.ofServers(5, network));
  const names = (nodes: readonly { name: string }[]): string[] => nodes.map(({ name }) => name);

  it('two with the leader on one side, three on the other: the three go on', async () => {
    const leader = await cluster().leader();
    const [one, ...three] = cluster().nodes.filter((node) => node !== leader);
    assert.ok(one);
    const cut = () => network.split(names([leader, one]), names(three));
    await duringCut(cluster(), network, 'two-and-three', cut, (registers, sinceMs) =>
      onlyWrite(registers, sinceMs, ...three),
    );
  });

  it('two, two and one: nobody writes, and all do again', async () => {
    const [a, b, c, d, e] = cluster().nodes;
    assert.ok(a && b && c && d && e);
    const cut = (): void => {
      network.split(names([a, b]), names([c, d, e]));
      network.split(names([c, d]), names([e]));
    };
    await duringCut(cluster(), network, 'two-two-one', cut, (registers, sinceMs) =>
      onlyWrite(registers, sinceMs),
    );
  });

  it('one whose hekafsd hears nobody, while all reach its brick: it disturbs ever less', async () => {
    const deaf = await cluster().follower();
    const before = terms();
    const cut = () => network.isolate(deaf.name, 'http');
    await duringCut(cluster(), network, 'deaf-hekafsd', cut, () => pause(DEAF_MS));
    const changes = terms() - before;
    process.stderr.write(`      ${changes} new leaders in ${DEAF_MS / 1000} seconds\n`);
    assert.ok(changes <= MAX_TERMS, `${changes} new leaders`);
  });

  /** How often anybody has begun to lead. */
  function terms(): number {
    const said = cluster().nodes.map((node) => node.log().split('"msg":"leading"').length - 1);
    return said.reduce((sum, each) => sum + each, 0);
  }
});
