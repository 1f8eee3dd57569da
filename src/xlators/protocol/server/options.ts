import type { OptionSpec } from '../../../graph/spec.js';
import { TRANSPORT_OPTIONS } from '../transport-options.js';

export const SERVER_OPTIONS: readonly OptionSpec[] = [
  ...TRANSPORT_OPTIONS,
  {
    key: 'transport.socket.listen-port',
    kind: 'int',
    default: '0',
    min: 0,
    max: 65_535,
    doc: 'The TCP port to listen at; 0 takes a free one.',
  },
  {
    key: 'listen-port',
    kind: 'int',
    min: 0,
    max: 65_535,
    doc: 'The same, as glusterd gives it to a brick that it starts; it goes before the other.',
  },
  {
    key: 'transport.socket.bind-address',
    kind: 'string',
    default: '0.0.0.0',
    doc: 'The address to listen at.',
  },
  {
    key: 'transport.listen-backlog',
    kind: 'int',
    doc: 'Connections that may wait to be accepted.',
    inert: 'it is 1024',
  },
  {
    key: 'auth-path',
    kind: 'string',
    doc: 'Another name for a single subvolume, and for it in auth options.',
  },
  {
    key: 'auth.addr.*.allow',
    kind: 'list',
    doc: 'Addresses that may use the subvolume: shell patterns, a.b.c.d/len, `!` in front negates.',
  },
  {
    key: 'auth.addr.*.reject',
    kind: 'list',
    doc: 'Addresses that may not, whatever else allows them.',
  },
  { key: 'auth.ip.*.allow', kind: 'list', doc: 'The older name of auth.addr.*.allow.' },
  {
    key: 'auth.login.*.allow',
    kind: 'list',
    doc: 'Users that may use the subvolume with their password.',
  },
  {
    key: 'auth.login.*.ssl-allow',
    kind: 'list',
    doc: 'Common names of certificates (shell patterns, * for all) whose owners may use the subvolume over TLS; others may not.',
  },
  { key: 'auth.login.*.password', kind: 'string', doc: 'The password of a user.' },
  {
    key: 'strict-auth-accept',
    kind: 'bool',
    default: 'off',
    doc: 'Whether a client without a listed user name is rejected even if its address is allowed.',
  },
  {
    key: 'rpc-auth-allow-insecure',
    kind: 'bool',
    default: 'on',
    doc: 'Whether clients may come from ports that are not reserved to root.',
  },
  {
    key: 'rpc.outstanding-rpc-limit',
    kind: 'int',
    default: '64',
    min: 1,
    max: 65_536,
    doc: 'Requests of one client that are worked on at once; locks that wait do not count.',
  },
  {
    key: 'connection-limit',
    kind: 'int',
    default: '1024',
    min: 1,
    max: 65_536,
    doc: 'Connections at once; further ones are closed as they come.',
  },
];
