import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { buildGraph } from '../../../src/graph/graph.js';
import { TRANSLATORS } from '../../../src/graph/translators.js';
import { parseVolfile } from '../../../src/graph/volfile.js';
import { nodeNetwork } from '../../../src/platform/node/network.js';
import { nodePlatform } from '../../../src/platform/node/platform.js';

describe('volfiles/', () => {
  const names = readdirSync('volfiles', { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => one.endsWith('.vol')))
    it(`${name} builds, and nothing starts`, () => {
      const text = readFileSync(`volfiles/${name}`, 'utf8');
      const graph = buildGraph(text, TRANSLATORS, nodePlatform(nodeNetwork()));
      assert.deepEqual(
        [...graph.byName.keys()],
        parseVolfile(text).map((volume) => volume.name),
      );
    });
});

describe('option tables', () => {
  for (const [type, spec] of TRANSLATORS) {
    it(`of ${type} have each key once, and a sentence about it`, () => {
      const keys = spec.options.map(({ key }) => key);
      assert.equal(new Set(keys).size, keys.length);
      for (const { key, doc, inert } of spec.options) {
        assert.match(doc, /^[A-Z].*\.$/, key);
        assert.notEqual(inert, '', key);
      }
    });
  }
});
