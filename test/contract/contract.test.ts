import { borderStack } from './border.js';
import { contract } from './contract.js';
import { replicaStack } from './replica-stack.js';
import { posixStack, type StackOptions } from './stacks.js';
import { whyNoXattrs } from './temporary.js';

/** What glusterd puts above a brick and leaves switched off, from below. */
const SWITCHED_OFF = [
  'features/trash',
  'features/changelog',
  'features/bitrot-stub',
  'features/worm',
  'features/leases',
  'features/upcall',
  'performance/io-threads',
  'features/selinux',
  'features/marker',
  'features/barrier',
  'features/quota',
];

/** Volumes above the brick, as they stand in a volfile. Each row again under a translator that does nothing. */
const ROWS: readonly (readonly [name: string, options: StackOptions])[] = [
  ['posix over a simulated disk', { on: 'sim' }],
  ['posix over a simulated disk, without root', { on: 'sim', isPrivileged: false }],
  ['posix', { on: 'machine' }],
  ['locks over posix', { on: 'sim', above: ['features/locks'] }],
  ['access-control over posix', { on: 'sim', above: ['features/access-control'] }],
  [
    'upcall, on, over posix',
    { on: 'sim', above: ['features/upcall'], options: { 'cache-invalidation': 'on' } },
  ],
  [
    'io-stats that counts, over posix',
    { on: 'sim', above: ['debug/io-stats'], options: { 'latency-measurement': 'on' } },
  ],
  ['read-only, off, over posix', { on: 'sim', above: ['features/read-only'] }],
  ['what is switched off over posix', { on: 'sim', above: SWITCHED_OFF }],
];

const whyNot = whyNoXattrs();

for (const [name, options] of ROWS) {
  if (options.on === 'machine' && whyNot !== undefined) {
    it(`contract: ${name}: skipped, because ${whyNot}`);
    continue;
  }
  contract(`contract: ${name}`, () => posixStack(options));
  const above = [...(options.above ?? []), 'test/idle'];
  contract(`contract: ${name}, under an idle pass-through`, () =>
    posixStack({ ...options, above }),
  );
}

for (const over of ['memory', 'TCP'] as const)
  contract(`contract: client and server over ${over}`, () => borderStack(over, { on: 'sim' }));

contract('contract: a directory, to a client whose root it is', () =>
  borderStack('memory', { on: 'sim' }, 'below'),
);

for (const count of [2, 3])
  contract(`contract: replicate ×${count} over index, locks and posix`, () => replicaStack(count));
