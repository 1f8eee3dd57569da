import type { OptionSpec } from '../../graph/spec.js';

const KEEPALIVE = 'connections are probed after 20 idle seconds, as the platform does it';

/** What GlusterFS's volfiles say about sockets, on either side. */
export const TRANSPORT_OPTIONS: readonly OptionSpec[] = [
  {
    key: 'transport-type',
    kind: 'string',
    default: 'tcp',
    only: ['tcp', 'socket'],
    doc: 'How peers are reached: TCP.',
  },
  {
    key: 'transport.address-family',
    kind: 'string',
    only: ['inet', 'inet6', 'inet/inet6', 'unspec'],
    doc: 'The family of addresses.',
    inert: 'the address itself says which family it is of',
  },
  {
    key: 'transport.socket.ssl-enabled',
    kind: 'bool',
    default: 'off',
    only: ['off'],
    doc: 'TLS on this connection.',
  },
  {
    key: 'transport.socket.nodelay',
    kind: 'bool',
    only: ['on'],
    doc: 'Whether small records are sent at once.',
    inert: 'they always are',
  },
  {
    key: 'transport.socket.keepalive',
    kind: 'int',
    doc: 'Whether idle connections are probed.',
    inert: KEEPALIVE,
  },
  {
    key: 'transport.socket.keepalive-time',
    kind: 'int',
    doc: 'Idle seconds before a connection is probed.',
    inert: KEEPALIVE,
  },
  {
    key: 'transport.socket.keepalive-interval',
    kind: 'int',
    doc: 'Seconds between probes.',
    inert: KEEPALIVE,
  },
  {
    key: 'transport.socket.keepalive-count',
    kind: 'int',
    doc: 'Probes without an answer before a connection is given up.',
    inert: KEEPALIVE,
  },
  {
    key: 'transport.tcp-user-timeout',
    kind: 'int',
    doc: 'Seconds that sent data may stay unacknowledged.',
    inert: 'ping-timeout finds a dead peer first',
  },
];
