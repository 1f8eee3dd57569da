import assert from 'node:assert/strict';
import type { Iatt } from '../../../../src/fop/iatt.js';
import { MAX_NAME_BYTES } from '../../../../src/fop/name.js';
import {
  areAlike,
  healedXattrs,
  isHealed,
} from '../../../../src/xlators/cluster/replicate/heal/attributes.js';
import { conflictName } from '../../../../src/xlators/cluster/replicate/heal/conflict-name.js';
import { planData } from '../../../../src/xlators/cluster/replicate/heal/data-plan.js';
import {
  type FavoritePolicy,
  favorite,
} from '../../../../src/xlators/cluster/replicate/heal/favorite.js';
import { planMetadata } from '../../../../src/xlators/cluster/replicate/heal/metadata-plan.js';
import { dict } from '../../../contract/volume.js';
import { copiesThatSay } from './heal-marks.js';

const sizes = (...all: readonly number[]): Partial<Iatt>[] => all.map((size) => ({ size }));

interface DataRow {
  readonly said: readonly (string | undefined)[];
  readonly stats?: readonly Partial<Iatt>[];
  readonly arbiter?: number;
  readonly policy?: FavoritePolicy;
  readonly plan: string;
}

const DATA: Readonly<Record<string, DataRow>> = {
  'nothing is owed': { said: ['-', '-'], plan: 'clean' },
  'one has missed a write': { said: ['1', '-'], plan: '0 to 1' },
  'a write was not seen to end: the others are compared': { said: ['d', 'd'], plan: '0 to 1' },
  'the brick that saw the write is the source': { said: ['-', 'd'], plan: '1 to 0' },
  'nobody accused, sizes differ: the majority': {
    said: ['-', '-', '-'],
    stats: sizes(3, 5, 3),
    plan: '0 to 1',
  },
  'nobody accused, sizes differ, no majority: the largest': {
    said: ['-', '-'],
    stats: sizes(3, 5),
    plan: '1 to 0',
  },
  'a write under way: the largest, whatever the majority has': {
    said: ['d', 'd', '-'],
    stats: sizes(3, 5, 3),
    plan: '1 to 0 2',
  },
  'both changed while apart': { said: ['1', '0'], stats: sizes(1, 2), plan: 'split-brain' },
  'both changed while apart, and a policy': {
    said: ['1', '0'],
    stats: sizes(1, 2),
    policy: 'size',
    plan: 'split-brain for 1',
  },
  'both changed while apart, and both are empty': { said: ['1', '0'], plan: '0 to 1' },
  'an arbiter gives no bytes': {
    said: ['1', '-', '1'],
    stats: sizes(4, 4, 0),
    arbiter: 2,
    plan: '0 to 1',
  },
  'only the arbiter is right': {
    said: [undefined, '-', '1'],
    stats: sizes(4, 4, 0),
    arbiter: 2,
    plan: 'no-source',
  },
  'the size of an arbiter tells nothing': {
    said: ['-', '-', '-'],
    stats: sizes(4, 4, 0),
    arbiter: 2,
    plan: 'clean',
  },
  'a half made copy is filled': { said: ['-', '1'], stats: sizes(4, 0), plan: '0 to 1' },
};

describe('what a heal of bytes has to do', () => {
  for (const [what, { said, stats, arbiter, policy, plan }] of Object.entries(DATA))
    it(what, () => {
      const copies = copiesThatSay(said, 'data', stats);
      const found = planData(copies, { count: said.length, arbiter }, policy ?? 'none');
      const words =
        found.kind === 'heal'
          ? `${found.source} to ${found.sinks.join(' ')}`
          : found.kind === 'split-brain' && found.winner !== undefined
            ? `split-brain for ${found.winner}`
            : found.kind;
      assert.equal(words, plan);
    });
});

describe('what a heal of attributes has to do', () => {
  const plan = (said: readonly (string | undefined)[], stats: readonly Partial<Iatt>[]) => {
    const copies = copiesThatSay(said, 'metadata', stats);
    const seen = copies.map((copy) => ({ ...copy, xattrs: new Map<string, Buffer>() }));
    const found = planMetadata(seen, { count: said.length });
    if (found.kind === 'clean') return 'clean';
    const words = `${found.source} to ${found.sinks.join(' ') || 'nobody'}`;
    return `${words}${found.unmarked.length > 0 ? `, ${found.unmarked.join(' ')} unmarked` : ''}${found.isDispute ? ', in dispute' : ''}`;
  };

  it('takes the attributes of whom nobody accuses', () => {
    assert.equal(plan(['1', '-'], [{ uid: 1 }, { uid: 2 }]), '0 to 1');
  });

  it('only takes marks off where times are all that differs (H6)', () => {
    assert.equal(plan(['1', '0'], [{ mtime: 1 }, { mtime: 2 }]), '0 to nobody');
    assert.equal(plan(['-', '-'], [{ mtime: 1 }, { mtime: 2 }]), 'clean');
  });

  it('takes a majority where nobody is accused, else what changed last, and notes that first', () => {
    const three = [{ uid: 1 }, { uid: 2, ctime: 9 }, { uid: 1 }];
    assert.equal(plan(['-', '-', '-'], three), '0 to 1, 1 unmarked');
    assert.equal(plan(['-', '-'], [{ uid: 1 }, { uid: 2, ctime: 9 }]), '1 to 0, 0 unmarked');
  });

  it('takes what changed last where both changed while apart', () => {
    assert.equal(plan(['1', '0'], [{ uid: 1, ctime: 5 }, { uid: 2 }]), '0 to 1, in dispute');
  });

  it('compares a file’s own attributes, and no brick’s', () => {
    const keys = ['user.a', 'trusted.b', 'security.capability', 'system.posix_acl_access'];
    assert.deepEqual(keys.filter(isHealed), keys);
    const own = [
      'trusted.afr.v-client-0',
      'trusted.glusterfs.mdata',
      'trusted.gfid',
      'security.selinux',
      'trusted.glusterfs.5ca1ab1e-0000-4000-8000-000000000001.xtime',
      'trusted.glusterfs.quota.size.1',
      'list-xattr',
    ];
    assert.deepEqual(own.filter(isHealed), []);
    assert.equal(isHealed('trusted.glusterfs.quota.limit-set'), true);
    const xattrs = healedXattrs(
      dict({ 'user.a': Buffer.from('1'), 'trusted.afr.x': Buffer.alloc(12) }),
    );
    assert.deepEqual([...xattrs.keys()], ['user.a']);
    const [copy] = copiesThatSay(['-'], 'data');
    assert.ok(copy);
    const { stat } = copy;
    assert.equal(areAlike({ stat, xattrs }, { stat, xattrs: new Map() }), false);
  });
});

describe('favorite-child-policy', () => {
  const stats = [
    { size: 1, mtime: 3, ctime: 2 },
    { size: 2, mtime: 1, ctime: 2 },
    { size: 1, mtime: 3, ctime: 1 },
  ];
  const chosen = (policy: FavoritePolicy) =>
    favorite(copiesThatSay(['-', '-', '-'], 'data', stats), policy, 3);

  it('takes the one that is best, and none where two are', () => {
    assert.equal(chosen('size'), 1);
    assert.equal(chosen('mtime'), undefined);
    assert.equal(chosen('majority'), 0);
    assert.equal(chosen('none'), undefined);
  });
});

describe('the name of what lost', () => {
  it('says whose it was and of when', () => {
    assert.equal(
      conflictName('f', 'v-client-1', 1_700_000_000),
      'f.conflict-v-client-1-20231114T221320Z',
    );
  });

  it('fits into 255 bytes without half a character', () => {
    const long = Buffer.from('ä'.repeat(127)).toString('latin1');
    const name = conflictName(long, 'v-client-1', 1_700_000_000);
    assert.ok(name.length <= MAX_NAME_BYTES && name.length > MAX_NAME_BYTES - 2);
    assert.ok(!Buffer.from(name, 'latin1').toString().includes('\ufffd'));
  });
});
