import type { Handlers } from '../../../fop/translator.js';
import { PassThrough } from '../../../fop/translator.js';
import type { OptionSpec, TranslatorSpec } from '../../../graph/spec.js';

/*
 * Stands at the top of every graph that GlusterFS generates, there to count. Here every fop passes unchanged.
 *
 *     volume vol
 *         type debug/io-stats
 *         option log-level INFO
 *         subvolumes vol-replicate-0
 *     end-volume
 */
export class IoStats extends PassThrough {
  readonly type = 'debug/io-stats';
  protected readonly handlers: Handlers = {};
}

const NOT_COUNTED = 'fops are not counted here';
const PROGRAM = 'the program that loads the volfile decides';

const OPTIONS: readonly OptionSpec[] = [
  {
    key: 'volume-id',
    kind: 'uuid',
    doc: 'The id of the volume whose graph this is.',
    inert: 'storage/posix checks the id of a brick',
  },
  {
    key: 'unique-id',
    kind: 'string',
    doc: 'Names this brick in files of counters.',
    inert: NOT_COUNTED,
  },
  {
    key: 'count-fop-hits',
    kind: 'bool',
    doc: 'Count fops by name.',
    only: ['off'],
    inert: NOT_COUNTED,
  },
  {
    key: 'latency-measurement',
    kind: 'bool',
    doc: 'Measure how long fops take.',
    only: ['off'],
    inert: NOT_COUNTED,
  },
  {
    key: 'dump-fd-stats',
    kind: 'bool',
    doc: 'Count per open file.',
    only: ['off'],
    inert: NOT_COUNTED,
  },
  { key: 'log-level', kind: 'string', doc: 'Of the whole process.', inert: PROGRAM },
  {
    key: 'threads',
    kind: 'int',
    min: 1,
    doc: 'Threads that poll sockets.',
    inert: 'this engine has one thread',
  },
  {
    key: 'global-threading',
    kind: 'bool',
    doc: 'One pool of threads for all bricks.',
    inert: 'this engine has one thread',
  },
];

export const debugIoStats: TranslatorSpec = {
  type: 'debug/io-stats',
  children: { min: 1, max: 1 },
  options: OPTIONS,
  create({ name, children: [child] }) {
    if (!child) throw new TypeError('debug/io-stats has one child');
    return new IoStats(name, child);
  },
};
