import { isGfid } from '../../../fop/gfid.js';
import { byteString } from '../../../fop/name.js';
import type { OptionSpec, Options } from '../../../graph/spec.js';
import type { BrickOptions } from './brick.js';
import { type ModeRule, permissionBits } from './mode-rule.js';
import { reserveRule } from './reserve.js';

const MODE_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'create-mask',
    kind: 'string',
    default: '0777',
    doc: 'Permissions that what is no directory may have at most, octal; for chmod too.',
  },
  {
    key: 'create-directory-mask',
    kind: 'string',
    default: '0777',
    doc: 'Permissions that directories may have at most, octal; for chmod too.',
  },
  {
    key: 'force-create-mode',
    kind: 'string',
    default: '0000',
    doc: 'Permissions that what is no directory has in any case, octal; for chmod too.',
  },
  {
    key: 'force-directory-mode',
    kind: 'string',
    default: '0000',
    doc: 'Permissions that directories have in any case, octal; for chmod too.',
  },
  {
    key: 'brick-uid',
    kind: 'int',
    default: '-1',
    min: -1,
    max: 2 ** 32 - 2,
    doc: "Owner of the brick's root (storage.owner-uid); -1 leaves it as it is.",
  },
  {
    key: 'brick-gid',
    kind: 'int',
    default: '-1',
    min: -1,
    max: 2 ** 32 - 2,
    doc: "Group of the brick's root (storage.owner-gid); -1 leaves it as it is.",
  },
];

const ON: readonly string[] = ['on', 'yes', 'true', 'enable', '1'];
const OFF: readonly string[] = ['off', 'no', 'false', 'disable', '0'];

/** Options that glusterd writes into volfiles when they are set, and what becomes of them here. */
const STOCK_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'update-link-count-parent',
    kind: 'bool',
    default: 'off',
    doc: 'Each file notes in trusted.pgfid.GFID how many names a directory has of it (storage.build-pgfid).',
  },
  {
    key: 'node-uuid-pathinfo',
    kind: 'bool',
    default: 'off',
    doc: 'Whether trusted.glusterfs.pathinfo names the node by its glusterd-uuid, not by its host name.',
  },
  {
    key: 'gfid2path-separator',
    kind: 'string',
    default: ':',
    doc: 'Between the paths of a file in the answer of glusterfs.gfid2path.',
  },
  {
    key: 'gfid2path',
    kind: 'bool',
    default: 'on',
    only: ON,
    doc: 'Each name of a file is noted on it; after a crash the brick needs that.',
  },
  {
    key: 'ctime',
    kind: 'bool',
    default: 'on',
    only: ON,
    doc: 'The times that clients send along are kept in trusted.glusterfs.mdata.',
  },
  {
    key: 'export-statfs-size',
    kind: 'bool',
    default: 'on',
    only: ON,
    doc: 'Whether statfs tells the size of the disk.',
  },
  {
    key: 'o-direct',
    kind: 'bool',
    default: 'off',
    only: OFF,
    doc: 'Files are read and written through the page cache, also for clients that ask for O_DIRECT.',
  },
  {
    key: 'background-unlink',
    kind: 'bool',
    default: 'off',
    only: OFF,
    doc: 'A file is removed before the answer.',
  },
  {
    key: 'batch-fsync-mode',
    kind: 'string',
    doc: 'How GlusterFS gathers the syncs of many files.',
    inert: 'syncs of one file are shared, and no sync waits for others',
  },
  {
    key: 'batch-fsync-delay-usec',
    kind: 'int',
    doc: 'How long GlusterFS gathers syncs.',
    inert: 'no sync waits for others',
  },
  {
    key: 'linux-aio',
    kind: 'bool',
    doc: 'Asynchronous reads and writes in GlusterFS.',
    inert: 'large reads and writes never hold up other requests',
  },
  {
    key: 'linux-io_uring',
    kind: 'bool',
    doc: 'Asynchronous reads and writes in GlusterFS.',
    inert: 'large reads and writes never hold up other requests',
  },
];

export const POSIX_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'directory',
    kind: 'path',
    isRequired: true,
    doc: 'The directory that holds the brick; an absolute path.',
  },
  {
    key: 'volume-id',
    kind: 'uuid',
    doc: 'The brick is served only if its trusted.glusterfs.volume-id is this one.',
  },
  {
    key: 'glusterd-uuid',
    kind: 'uuid',
    doc: 'The node that the brick belongs to: the answer to trusted.glusterfs.node-uuid.',
  },
  {
    key: 'shared-brick-count',
    kind: 'int',
    default: '1',
    min: 1,
    doc: 'Bricks that share one filesystem: statfs answers each with its part.',
  },
  {
    key: 'fips-mode-rchecksum',
    kind: 'bool',
    default: 'off',
    doc: 'Strong checksums are SHA-256 instead of MD5.',
  },
  {
    key: 'max-hardlinks',
    kind: 'int',
    default: '100',
    min: 0,
    doc: 'Names that one file may have; beyond that link answers EMLINK. 0 sets no limit.',
  },
  {
    key: 'reserve',
    kind: 'string',
    default: '1',
    doc: 'What of the disk is kept free of what clients write: a percentage, or a size such as 5GB; 0 for nothing.',
  },
  {
    key: 'janitor-sleep-duration',
    kind: 'int',
    default: '10',
    min: 1,
    doc: 'Seconds between two rounds that empty .glusterfs/landfill.',
  },
  {
    key: 'disable-landfill-purge',
    kind: 'bool',
    default: 'off',
    doc: 'Leaves what lies in .glusterfs/landfill there.',
  },
  ...MODE_OPTIONS,
  ...STOCK_OPTIONS,
  {
    key: 'health-check-interval',
    kind: 'int',
    default: '30',
    min: 0,
    max: 2_000_000,
    doc: 'Seconds between two checks that the disk still takes and keeps bytes; 0 for none.',
  },
  {
    key: 'health-check-timeout',
    kind: 'int',
    default: '20',
    min: 1,
    max: 2_000_000,
    doc: 'Seconds beyond the interval that a check may take before the brick gives up and ends.',
  },
  {
    key: 'mark-failed-syncs',
    kind: 'bool',
    default: 'off',
    doc: 'A file of which a sync has failed is marked with trusted.hekafs.failed-sync and takes no more synced writes.',
  },
];

function modeRule(options: Options, mask: string, force: string): ModeRule {
  return {
    mask: permissionBits(mask, options.required(mask)),
    force: permissionBits(force, options.required(force)),
  };
}

/** -1 is nobody. */
function ownerOf(options: Options, key: string): number | undefined {
  const id = options.int(key);
  return id === -1 ? undefined : id;
}

/** Throws where the directory is not absolute: it would depend on where the process was started. */
export function brickOptions(options: Options): BrickOptions {
  const directory = options.required('directory').replace(/\/+$/, '');
  if (!directory.startsWith('/'))
    throw new Error(`option directory: "${directory}" is not absolute`);
  const volumeId = options.text('volume-id')?.toLowerCase();
  return {
    directory: byteString(directory),
    volumeId: volumeId !== undefined && isGfid(volumeId) ? volumeId : undefined,
    nodeUuid: options.text('glusterd-uuid')?.toLowerCase(),
    sharedBrickCount: options.int('shared-brick-count'),
    maxHardLinks: options.int('max-hardlinks') || Number.POSITIVE_INFINITY,
    isFips: options.bool('fips-mode-rchecksum'),
    reserve: reserveRule(options.required('reserve')),
    janitorSeconds: options.bool('disable-landfill-purge')
      ? undefined
      : options.int('janitor-sleep-duration'),
    fileMode: modeRule(options, 'create-mask', 'force-create-mode'),
    directoryMode: modeRule(options, 'create-directory-mask', 'force-directory-mode'),
    owner: { uid: ownerOf(options, 'brick-uid'), gid: ownerOf(options, 'brick-gid') },
    countsLinks: options.bool('update-link-count-parent'),
    hasUuidInPathinfo: options.bool('node-uuid-pathinfo'),
    pathSeparator: byteString(options.required('gfid2path-separator')),
    healthSeconds: options.int('health-check-interval'),
    healthTimeoutSeconds: options.int('health-check-timeout'),
    marksFailedSyncs: options.bool('mark-failed-syncs'),
  };
}
