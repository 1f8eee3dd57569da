import assert from 'node:assert/strict';
import { NO_IATT, S_IFREG } from '../../../../src/fop/iatt.js';
import type { FavoritePolicy } from '../../../../src/xlators/cluster/replicate/heal/favorite.js';
import {
  type NameCopy,
  planName,
} from '../../../../src/xlators/cluster/replicate/heal/name-plan.js';
import { says } from './heal-marks.js';

/*
 * A name as each subvolume has it: 'A' an inode, '' nothing, undefined is away. What follows a colon accuses, as in
 * 'A:1', the inode's marks. Later words win by time: each copy's ctime is its number.
 */
interface Row {
  readonly has: readonly (string | undefined)[];
  readonly sources?: readonly number[];
  readonly isDirty?: boolean;
  readonly changedAt?: readonly number[];
  /** Where inodes live, where it is elsewhere too. */
  readonly lives?: Readonly<Record<string, readonly number[]>>;
  /** Where they have names of their own. */
  readonly moved?: Readonly<Record<string, readonly number[]>>;
  readonly policy?: FavoritePolicy;
  readonly plan: string;
}

const ROWS: Readonly<Record<string, Row>> = {
  'all have it': { has: ['A', 'A'], plan: 'A' },
  'nobody has it': { has: ['', ''], plan: 'nothing' },
  'the source has it, the sink missed its making': { has: ['A', ''], sources: [0], plan: 'A' },
  'the source removed it': { has: ['', 'A'], sources: [0], plan: 'nothing' },
  'the source replaced it': { has: ['B', 'A'], sources: [0], plan: 'B' },
  'the source removed it, but the sink changed it meanwhile (H3)': {
    has: ['', 'A:0'],
    sources: [0],
    plan: 'nothing, kept A',
  },
  'the source replaced it, but the sink changed it meanwhile (H3)': {
    has: ['B', 'A:0'],
    sources: [0],
    plan: 'B, kept A',
  },
  'the source moved it: nothing of the inode is lost with the old name': {
    has: ['', 'A:0'],
    sources: [0],
    lives: { A: [0, 1] },
    plan: 'nothing',
  },
  'no blame, one has it not: it stays': { has: ['A', ''], plan: 'A' },
  'no blame, most have it not: it was never agreed upon': { has: ['A', '', ''], plan: 'nothing' },
  'a change was under way: a majority proves nothing': {
    has: ['A', '', ''],
    isDirty: true,
    plan: 'A',
  },
  'it was renamed where it is missing (H2)': {
    has: ['A', '', ''],
    isDirty: true,
    moved: { A: [1, 2] },
    plan: 'nothing',
  },
  'of two bricks that have another name each, the first is right: its old name goes': {
    has: ['', 'A'],
    moved: { A: [0] },
    plan: 'nothing',
  },
  'and its new name stays, or the inode would have none': {
    has: ['A', ''],
    moved: { A: [1] },
    plan: 'A',
  },
  'it was renamed by one of three, which nobody else has seen': {
    has: ['', 'A', 'A'],
    isDirty: true,
    moved: { A: [0] },
    plan: 'A',
  },
  'a link that one brick has lost: it stays': { has: ['A', ''], lives: { A: [0, 1] }, plan: 'A' },
  'a link was made where it is noted': {
    has: ['A', ''],
    changedAt: [0],
    moved: { A: [1] },
    plan: 'A',
  },
  'both sides changed the directory, one of them this name': {
    has: ['', 'A'],
    changedAt: [0],
    plan: 'nothing',
  },
  'both sides changed this name': { has: ['A', 'B'], changedAt: [0, 1], plan: 'B, kept A' },
  'a rename was torn: the inode that lives everywhere has the name (H1)': {
    has: ['B', 'A'],
    lives: { A: [1], B: [0, 1] },
    plan: 'B',
  },
  'a rename was torn, but what it replaced holds a change of its own': {
    has: ['B', 'A:0'],
    lives: { A: [1], B: [0, 1] },
    plan: 'B, kept A',
  },
  'two creates, no majority: both stay': { has: ['A', 'B'], plan: 'B, kept A' },
  'two creates, and a majority': { has: ['A', 'B', 'A'], plan: 'A' },
  'two creates, a change under way, and no proof: both stay': {
    has: ['A', 'B', 'A'],
    isDirty: true,
    plan: 'A, kept B',
  },
  'two creates, and a policy': { has: ['A', 'B'], policy: 'size', plan: 'A' },
  'three creates': { has: ['A', 'B', 'C'], plan: 'C, kept B A' },
};

describe('what a name stands for', () => {
  for (const [what, row] of Object.entries(ROWS))
    it(what, () => {
      const found = planName(copiesOf(row), evidenceOf(row));
      const keep = found.keep?.stat.gfid ?? 'nothing';
      const kept = found.kept.map(({ stat }) => stat.gfid).join(' ');
      assert.equal(kept === '' ? keep : `${keep}, kept ${kept}`, row.plan);
    });
});

function copiesOf({ has }: Row): NameCopy[] {
  return has.flatMap((words, child): NameCopy[] => {
    if (words === undefined) return [];
    const [gfid, said] = words.split(':');
    if (!gfid) return [{ child }];
    const stat = { ...NO_IATT, gfid, mode: S_IFREG, ctime: child, size: 9 - child };
    return [{ child, stat, testimony: says(said ?? '', 'data', has.length) }];
  });
}

function evidenceOf(row: Row) {
  const livesAt = new Map<string, readonly number[]>(Object.entries(row.lives ?? {}));
  for (const { child, stat } of copiesOf(row))
    if (stat && !row.lives?.[stat.gfid])
      livesAt.set(stat.gfid, [...(livesAt.get(stat.gfid) ?? []), child]);
  return {
    sources: row.sources ?? [],
    isDirty: row.isDirty ?? false,
    changedAt: row.changedAt ?? [],
    livesAt,
    movedAt: new Map<string, readonly number[]>(Object.entries(row.moved ?? {})),
    policy: row.policy ?? ('none' as const),
    count: row.has.length,
  };
}
