import { isGfid } from '../../../fop/gfid.js';
import { byteString } from '../../../fop/name.js';
import type { OptionSpec, Options } from '../../../graph/spec.js';
import type { BrickOptions } from './brick.js';
import { reserveRule } from './reserve.js';

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
    min: 1,
    doc: 'Names that one file may have; beyond that link answers EMLINK.',
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
    doc: 'Seconds that a disk may take for a check before the brick gives up and ends.',
  },
  {
    key: 'mark-failed-syncs',
    kind: 'bool',
    default: 'off',
    doc: 'A file of which a sync has failed is marked with trusted.hekafs.failed-sync and takes no more synced writes.',
  },
];

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
    maxHardLinks: options.int('max-hardlinks'),
    isFips: options.bool('fips-mode-rchecksum'),
    reserve: reserveRule(options.required('reserve')),
    janitorSeconds: options.int('janitor-sleep-duration'),
    healthSeconds: options.int('health-check-interval'),
    healthTimeoutSeconds: options.int('health-check-timeout'),
    marksFailedSyncs: options.bool('mark-failed-syncs'),
  };
}
