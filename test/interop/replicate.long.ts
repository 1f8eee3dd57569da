import assert from 'node:assert/strict';
import { playScene, type Scene } from './replica-scene.js';
import { needInterop } from './stock-client.js';

const SCENES: readonly Scene[] = [
  { engines: ['ours', 'stock'], away: [0, 1] },
  { engines: ['ours', 'ours'], away: [1] },
  { engines: ['stock', 'ours', 'stock'], away: [1, 2] },
  { engines: ['ours', 'ours', 'ours'], away: [0] },
];

describe('stock replicate and its self-heal daemon', function () {
  this.timeout(240_000);
  before(function () {
    needInterop(this);
  });

  for (const scene of SCENES) {
    const { engines, away } = scene;
    it(`with bricks ${engines.join(', ')}, of which ${away.join(' and then ')} is killed and comes back under load`, async () => {
      assert.deepEqual([...(await playScene(scene))], [], 'errors in the logs of stock');
    });
  }
});
