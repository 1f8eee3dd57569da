import assert from 'node:assert/strict';
import type { Notice } from '../../../src/fop/translator.js';
import { buildGraph, type Graph } from '../../../src/graph/graph.js';
import { parseOverride } from '../../../src/graph/option-overrides.js';
import { TRANSLATORS } from '../../../src/graph/translators.js';
import { VolfileError } from '../../../src/graph/volfile-error.js';
import { seeded } from '../../contract/platforms.js';
import { NO_NETWORK, quietClock } from '../../contract/stacks.js';
import { brickVolfile, type OptionsByEnd } from '../../interop/volume-volfiles.js';
import { SimDisk } from '../../sim/disk.js';

const VOLUME_ID = '22dc9034-7373-4c06-8fd1-f5447caeb6f8';
const BRICK = { directory: '/bricks/b0', port: 0 };

/** What glusterd writes for a brick of a replica volume, with these options changed. */
function volfile(options: OptionsByEnd = {}): string {
  return brickVolfile({ name: 'v', volumeId: VOLUME_ID, bricks: [BRICK], options }, BRICK);
}

function build(options: OptionsByEnd = {}, ...overrides: readonly string[]): Graph {
  const [clock, random] = [quietClock(), seeded(1)];
  const disk = new SimDisk({ clock, random, isPrivileged: true });
  const platform = { clock, random, disk, network: NO_NETWORK };
  return buildGraph(volfile(options), TRANSLATORS, platform, overrides.map(parseOverride));
}

/** What a switch is called, and what it is turned to; nobody serves what it would do. */
const UNSERVED: readonly (readonly [end: string, key: string, value: string])[] = [
  ['trash', 'trash', 'on'],
  ['changelog', 'changelog', 'on'],
  ['bitrot-stub', 'bitrot', 'enable'],
  ['locks', 'enforce-mandatory-lock', 'forced'],
  ['worm', 'worm', 'on'],
  ['worm', 'worm-file-level', 'on'],
  ['leases', 'leases', 'on'],
  ['marker', 'xtime', 'on'],
  ['marker', 'quota', 'on'],
  ['marker', 'inode-quota', 'on'],
  ['barrier', 'barrier', 'enable'],
  ['quota', 'server-quota', 'on'],
  ['quota', 'deem-statfs', 'on'],
  ['server', 'manage-gids', 'on'],
];

describe('a brick volfile of glusterd', () => {
  it('builds as it is', () => {
    const types = [...build().byName.values()].map(({ type }) => type);
    assert.equal(types.length, 18);
    assert.ok(types.includes('features/access-control'));
  });

  for (const [end, key, value] of UNSERVED)
    it(`is refused where ${end} has ${key} ${value}: volume, type and line are named`, () => {
      const text = volfile({ [end]: { [key]: value } });
      const line = text.split('\n').indexOf(`    option ${key} ${value}`) + 1;
      assert.ok(line > 0);
      assert.throws(
        () => build({ [end]: { [key]: value } }),
        (error) => {
          assert.ok(error instanceof VolfileError);
          assert.equal(error.place.line, line);
          assert.match(
            error.why,
            new RegExp(`^volume v-${end} \\(\\w+/${end}\\), option ${key}: `),
          );
          return true;
        },
      );
    });

  it('is started by glusterd with options of its own', () => {
    build(
      {},
      '*-posix.glusterd-uuid=22dc9034-7373-4c06-8fd1-f5447caeb6f8',
      'v-server.listen-port=49152',
    );
  });

  it('takes an override as if it stood there, and names it where it is wrong', () => {
    build({ leases: { leases: 'on' } }, 'v-leases.leases=off');
    assert.throws(() => build({}, '*-leases.leases=on'), {
      why: 'volume v-leases (features/leases), option leases (--xlator-option *-leases.leases=on): "on" is not served here, only off',
    });
    assert.throws(() => build({}, 'v-posix.nonsense=1'), {
      why: 'volume v-posix (storage/posix), option nonsense (--xlator-option v-posix.nonsense=1): is not known',
    });
  });

  it('says once that its io-threads do nothing', async () => {
    const threads = build().byName.get('v-io-threads');
    assert.ok(threads);
    const heard: Notice[] = [];
    threads.listen((notice) => heard.push(notice));
    await threads.start();
    assert.match(
      heard.map((one) => ('message' in one ? one.message : '')).join(),
      /does nothing here/,
    );
  });
});
