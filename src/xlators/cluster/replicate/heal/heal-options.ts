import type { OptionSpec } from '../../../../graph/spec.js';
import { FAVORITE_POLICIES } from './favorite.js';

/** The options of cluster/replicate that say how it heals. */
export const HEAL_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'favorite-child-policy',
    kind: 'string',
    default: 'none',
    only: FAVORITE_POLICIES,
    doc: 'Which copy wins where nothing else decides: the largest (size), the one changed last (ctime, mtime) or that of the majority. With none both are kept, the one that loses the name as NAME.conflict-SUBVOLUME-TIME.',
  },
  {
    key: 'data-self-heal-algorithm',
    kind: 'string',
    only: ['full', 'diff'],
    doc: 'Which blocks a heal sends: all of them (full), or those whose checksums differ (diff). By default the second, where there is anything to compare.',
  },
  {
    key: 'data-self-heal-window-size',
    kind: 'int',
    default: '32',
    min: 1,
    max: 1024,
    doc: 'Blocks of 128 KiB that a heal locks and brings over at a time.',
  },
  {
    key: 'heal-timeout',
    kind: 'time',
    default: '600',
    min: 1,
    doc: 'Between two looks of the healer at all lists, where no subvolume comes up meanwhile.',
  },
  {
    key: 'shd-max-threads',
    kind: 'int',
    default: '16',
    min: 1,
    max: 64,
    doc: 'Inodes that the healer heals at once.',
  },
  {
    key: 'volume-id',
    kind: 'uuid',
    doc: 'Of the volume; names the directory in which inodes wait for another name.',
  },
  {
    key: 'use-anonymous-inode',
    kind: 'bool',
    default: 'off',
    doc: 'What has lost a name on a brick waits under its gfid until the heal is over, so that a rename that was missed sends no bytes. Needs volume-id.',
  },
];
