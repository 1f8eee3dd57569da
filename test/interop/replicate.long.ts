import assert from 'node:assert/strict';
import { playScene, type Scene } from './replica-scene.js';
import { needInterop } from './stock-client.js';

const SCENES: readonly Scene[] = [
  { engines: ['ours', 'stock'], away: [0, 1] },
  { engines: ['ours', 'ours'], away: [1] },
  { engines: ['stock', 'ours', 'stock'], away: [1, 2] },
  { engines: ['ours', 'ours', 'ours'], away: [0] },
];

/** What stock alone goes through says which errors in its logs are its own. */
const STOCK: Scene = { engines: ['stock', 'stock'], away: [0, 1] };

describe('stock replicate and its self-heal daemon', function () {
  this.timeout(180_000);
  let known = new Set<string>();

  before(async function () {
    needInterop(this);
    known = await playScene(STOCK);
  });

  for (const scene of SCENES)
    it(`with bricks ${scene.engines.join(', ')}, of which ${scene.away.join(' and then ')} is killed and comes back under load`, async () => {
      const errors = await playScene(scene);
      assert.deepEqual(
        [...errors].filter((kind) => !known.has(kind)),
        [],
        'errors that stock alone does not have',
      );
    });
});
