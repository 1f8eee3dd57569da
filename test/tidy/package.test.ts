import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { OLDEST_NODE } from '../../src/daemon/doctor/machine-checks.js';
import { VERSION } from '../../src/version.js';
import { importsOf, ROOT, sources } from './sources.js';

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      { readonly resolved?: string; readonly hasInstallScript?: boolean; readonly version?: string }
    >
  >;
}

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as T;
}

describe('package', () => {
  const manifest = readJson<Manifest>('package.json');
  const lock = readJson<Lock>('package-lock.json');

  it('has one version everywhere', () => {
    assert.equal(VERSION, manifest.version);
    assert.equal(lock.packages['']?.version, manifest.version);
  });

  it('asks for the release of Node.js that it names everywhere', () => {
    assert.equal(manifest.engines.node, `>=${OLDEST_NODE}`);
  });

  it('locks versions, not addresses', () => {
    const resolved = Object.entries(lock.packages).filter(
      ([, { resolved }]) => resolved !== undefined,
    );
    assert.deepEqual(resolved, []);
  });

  it('says of each package with an install script whether it may run', () => {
    const scripted = Object.entries(lock.packages).filter(([, each]) => each.hasInstallScript);
    const names = scripted.map(([path]) => path.replace(/^.*node_modules\//, ''));
    const unsaid = names.filter((name) => !(name in manifest.allowScripts) && name !== 'fsevents');
    assert.deepEqual(unsaid, []);
  });

  it('ships programs that are there and can be run', () => {
    for (const path of Object.values(manifest.bin)) {
      assert.ok(existsSync(join(ROOT, path)), path);
      assert.ok(statSync(join(ROOT, path)).mode & 0o100, `${path} cannot be executed`);
    }
  });

  it('depends on what it imports, and imports what it depends on', () => {
    const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies };
    const imported = new Set(
      sources(['src'])
        .flatMap(importsOf)
        .filter((name) => !name.startsWith('src/') && !name.startsWith('node:'))
        .map((name) => name.replace(/\/.*/, '')),
    );
    const missing = [...imported].filter((name) => !(name in wanted));
    assert.deepEqual(missing, []);
    // These two are loaded when they are needed, and may be absent.
    const lazy = ['koffi', 'fs-xattr'];
    const unused = Object.keys(wanted).filter(
      (name) => !imported.has(name) && !lazy.includes(name),
    );
    assert.deepEqual(unused, []);
  });

  it('is under the license that it names', () => {
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(readFileSync(join(ROOT, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/);
  });
});
