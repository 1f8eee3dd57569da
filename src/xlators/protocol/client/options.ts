import type { OptionSpec } from '../../../graph/spec.js';
import { TRANSPORT_OPTIONS } from '../transport-options.js';

export const CLIENT_OPTIONS: readonly OptionSpec[] = [
  ...TRANSPORT_OPTIONS,
  {
    key: 'remote-host',
    kind: 'string',
    isRequired: true,
    doc: 'The address of the server.',
  },
  {
    key: 'remote-port',
    kind: 'int',
    min: 1,
    max: 65_535,
    doc: 'The port of the brick; without it, the volfile server at port 24007 is asked.',
  },
  {
    key: 'remote-subvolume',
    kind: 'string',
    isRequired: true,
    doc: 'The subvolume of the server: a brick path, or a volume name.',
  },
  {
    key: 'subdir-mount',
    kind: 'path',
    doc: 'A directory of the subvolume that is to be the root here.',
  },
  { key: 'username', kind: 'string', doc: 'The user of auth.login.' },
  { key: 'password', kind: 'string', doc: 'The password of auth.login.' },
  {
    key: 'ping-timeout',
    kind: 'time',
    default: '5',
    min: 0,
    max: 1013,
    doc: 'Seconds of silence after which the server counts as gone; 0 waits for ever.',
  },
  {
    key: 'frame-timeout',
    kind: 'time',
    default: '1800',
    min: 1,
    max: 86_400,
    doc: 'Seconds after which a fop without an answer fails.',
  },
  {
    key: 'send-gids',
    kind: 'bool',
    default: 'on',
    doc: 'Whether the server is told all groups of the caller, or the first only.',
  },
  {
    key: 'strict-locks',
    kind: 'bool',
    default: 'off',
    doc: 'A file with locks is not opened again after a reconnect, for nobody kept them: it answers EBADFD.',
  },
  {
    key: 'reopen-fds',
    kind: 'bool',
    default: 'on',
    doc: 'Whether what is open is opened again after a reconnect. Else it answers EBADF.',
  },
];
