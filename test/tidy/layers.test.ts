import assert from 'node:assert/strict';
import { importsOf, type Source, sources } from './sources.js';

/*
 * Who may know whom. A layer knows the contract, the outside, and the layer below; nobody reaches around.
 */

/** Each layer of src, and the folders and files of src that it may import beside its own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'src/version.ts': [],
  'src/fop/': [],
  'src/platform/': ['src/fop/'],
  'src/rpc/': ['src/fop/', 'src/platform/'],
  'src/graph/translators.ts': ['src/xlators/', 'src/graph/'],
  'src/graph/': ['src/fop/', 'src/platform/'],
  'src/xlators/protocol/': ['src/fop/', 'src/platform/', 'src/graph/spec.ts', 'src/rpc/'],
  'src/xlators/storage/': ['src/fop/', 'src/platform/', 'src/graph/spec.ts'],
  // Its lists stand beside the brick's own files, as GlusterFS has them.
  'src/xlators/features/index/': ['src/fop/', 'src/platform/', 'src/graph/spec.ts'],
  'src/xlators/debug/': ['src/fop/', 'src/platform/platform.ts', 'src/graph/spec.ts'],
  'src/xlators/': [
    'src/fop/',
    'src/platform/platform.ts',
    'src/graph/spec.ts',
    'src/graph/switched-off.ts',
  ],
  'src/mount/': ['src/fop/', 'src/platform/platform.ts'],
  'src/config/': ['src/fop/', 'src/platform/', 'src/mount/'],
  // It heals what one translator keeps, and asks that one to do it.
  'src/heal/': ['src/fop/', 'src/platform/platform.ts', 'src/xlators/cluster/replicate/'],
  'src/daemon/': ['src/'],
  'src/terminal/': [],
  'src/cli/': [
    'src/version.ts',
    'src/config/error.ts',
    'src/config/key.ts',
    'src/daemon/doctor/',
    'src/daemon/http-admin.ts',
    'src/daemon/http-answer.ts',
    'src/daemon/initial-values.ts',
    'src/daemon/json-value.ts',
    'src/daemon/option-value.ts',
    'src/daemon/state-dir.ts',
    'src/daemon/servers-report.ts',
    'src/daemon/verify-report.ts',
    'src/daemon/verbs.ts',
    'src/platform/node/program-files.ts',
    'src/platform/node/socket-path.ts',
    'src/terminal/',
  ],
};

/** Modules of Node and of others, and the only places that may import them. */
const MODULES: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['src/platform/node/'],
  'node:fs/promises': ['src/platform/node/'],
  'node:dns/promises': ['src/platform/node/'],
  'node:net': ['src/platform/node/'],
  'node:tls': ['src/platform/node/'],
  'node:timers': ['src/platform/node/'],
  'node:perf_hooks': ['src/platform/node/'],
  'node:v8': ['src/platform/node/'],
  'node:module': ['src/platform/node/'],
  'node:http': ['src/daemon/', 'src/cli/'],
  'node:child_process': ['src/daemon/'],
  'node:worker_threads': ['src/daemon/', 'src/platform/node/'],
  'node:readline': ['src/cli/'],
  koffi: ['src/platform/node/syscalls.ts'],
  'fs-xattr': ['src/platform/node/xattr.ts'],
  lowdb: ['src/daemon/state.ts'],
  pino: ['src/daemon/log.ts'],
  'node-fetch': ['src/daemon/'],
  yargs: ['src/cli/', 'src/daemon/'],
  'yargs-parser': ['src/cli/'],
  'xxhash-wasm': ['src/xlators/storage/posix/'],
  uuid: ['src/'],
};

/** Pure: every layer may use them. */
const PURE = [
  'node:crypto',
  'node:os',
  'node:path',
  'node:url',
  'node:util',
  'node:zlib',
  'node:stream',
];

function layerOf(path: string): string {
  const layers = Object.keys(ALLOWED).filter((layer) => path.startsWith(layer));
  return layers.sort((a, b) => b.length - a.length)[0] ?? '';
}

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => path.startsWith(place));
}

/** What a file imports and must not. */
function reachesAround(source: Source): readonly string[] {
  const layer = layerOf(source.path);
  const own = layer.endsWith('.ts') ? [] : [ownPlace(source.path, layer)];
  const allowed = [...(ALLOWED[layer] ?? []), ...own];
  return importsOf(source).filter((name) =>
    name.startsWith('src/')
      ? !isWithin(name, allowed) || (layer !== 'src/cli/' && name.startsWith('src/cli/'))
      : !PURE.includes(name) && !isWithin(source.path, MODULES[name] ?? []),
  );
}

/** A translator's own is its folder; two that are one on the wire share what lies between them. */
function ownPlace(path: string, layer: string): string {
  if (layer !== 'src/xlators/' && layer !== 'src/xlators/storage/') return layer;
  return path.split('/').slice(0, 4).join('/');
}

describe('layers', () => {
  const all = sources(['src']);

  it('has every file in one', () => {
    const lost = all.filter(({ path }) => layerOf(path) === '').map(({ path }) => path);
    assert.deepEqual(lost, []);
  });

  it('knows only the one below', () => {
    const wrong = all.flatMap((source) =>
      reachesAround(source).map((name) => `${source.path} imports ${name}`),
    );
    assert.deepEqual(wrong, []);
  });

  const MUST_FAIL: readonly (readonly [string, string])[] = [
    ['src/fop/x.ts', "import { a } from '../platform/disk.js';"],
    ['src/rpc/x.ts', "import { connect } from 'node:net';"],
    ['src/xlators/storage/posix/x.ts', "import { readFileSync } from 'node:fs';"],
    ['src/xlators/cluster/replicate/x.ts', "import { a } from '../../protocol/client/client.js';"],
    ['src/xlators/cluster/replicate/x.ts', "import { a } from '../../../rpc/connection.js';"],
    ['src/cli/x.ts', "import { Database } from '../config/database.js';"],
    ['src/config/x.ts', "import {\n  a,\n  b,\n} from '../daemon/node.js';"],
    ['src/daemon/x.ts', "import { a } from '../cli/get.js';"],
    ['src/config/x.ts', "export { a } from 'left-pad';"],
    ['src/config/x.ts', "import 'node:fs';"],
    ['src/mount/x.ts', "const fs = await import('node:fs');"],
  ];
  for (const [path, text] of MUST_FAIL)
    it(`would see ${path} reach around with ${text.split('\n')[0]}`, () =>
      assert.equal(reachesAround({ path, text }).length, 1));
});
