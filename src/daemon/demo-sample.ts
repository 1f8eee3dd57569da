import type { Key } from '../config/key.js';

/** The one large value: 1 MiB of lines, as a generated hosts table would be. */
const LARGE_BYTES = 1024 * 1024;

/**
 * A believable configuration of a cluster, for the demo: nodes with their bricks, volumes with their options, tenants with
 * ranges of ids, directories as variables of many values, bytes that are no text, and one large value.
 */
export function demoSample(): ReadonlyMap<Key, Buffer> {
  const texts = new Map<Key, string>([
    ['site/name', 'Example cluster'],
    ['site/contact', 'storage@example.org'],
    ['site/domain', 'storage.example.org'],
    ['site/ntp/ntp1.example.org', ''],
    ['site/ntp/ntp2.example.org', ''],
    ['site/motd', 'Handle with care.\nChanges go through hfs_config.\n'],
    ...nodes(),
    ...volumes(),
    ...tenants(),
    ...credentials(),
  ]);
  const values = new Map<Key, Buffer>();
  for (const [key, text] of texts) values.set(key, Buffer.from(text));
  values.set('site/logo.png', logo());
  values.set('generated/hosts', hosts());
  return values;
}

type Pair = readonly [Key, string];

function nodes(): readonly Pair[] {
  return ['alder', 'birch', 'cedar'].flatMap((name, index) => [
    [`nodes/${name}/address`, `10.20.0.${index + 11}`],
    [`nodes/${name}/rack`, `r${(index % 2) + 1}`],
    [`nodes/${name}/roles/config`, ''],
    [`nodes/${name}/roles/storage`, ''],
    [`nodes/${name}/bricks/home`, `/srv/bricks/home`],
    [`nodes/${name}/bricks/scratch`, `/srv/bricks/scratch`],
  ]);
}

function volumes(): readonly Pair[] {
  return [
    ['plan/home/kind', 'replicate'],
    ['plan/home/replica', '3'],
    ['plan/home/options/network.ping-timeout', '5'],
    ['plan/home/options/cluster.quorum-type', 'auto'],
    ['plan/scratch/kind', 'distribute'],
    ['plan/scratch/options/performance.io-thread-count', '8'],
  ];
}

/** Each tenant owns a range of user and group ids. */
function tenants(): readonly Pair[] {
  return ['physics', 'biology', 'archive'].flatMap((name, index) => {
    const low = 10_000 * (index + 1);
    return [
      [`tenants/${name}/uids`, `${low}-${low + 9_999}`],
      [`tenants/${name}/gids`, `${low}-${low + 9_999}`],
      [`tenants/${name}/volumes/home`, ''],
      [`tenants/${name}/quota`, `${(index + 1) * 10} TB`],
    ];
  });
}

/** Only root reads what lies below private/. */
function credentials(): readonly Pair[] {
  return [
    ['private/tenants/physics/credential', 'example-only-1'],
    ['private/tenants/biology/credential', 'example-only-2'],
  ];
}

/** A picture of one pixel: bytes that are no text. */
function logo(): Buffer {
  const pixel =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return Buffer.from(pixel, 'base64');
}

function hosts(): Buffer {
  const lines: string[] = [];
  for (let size = 0, index = 0; size < LARGE_BYTES; index++) {
    const line = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255} client-${index}\n`;
    lines.push(line);
    size += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, LARGE_BYTES);
}
