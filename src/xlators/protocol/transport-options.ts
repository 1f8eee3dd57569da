import type { OptionSpec, Options } from '../../graph/spec.js';
import type { Network, TlsSettings } from '../../platform/network.js';

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
    doc: 'TLS 1.2 or 1.3 on this connection: both sides show a certificate.',
  },
  {
    key: 'transport.socket.ssl-own-cert',
    kind: 'path',
    default: '/usr/lib/ssl/glusterfs.pem',
    doc: 'The certificate to show over TLS, with those between it and the authority.',
  },
  {
    key: 'transport.socket.ssl-private-key',
    kind: 'path',
    default: '/usr/lib/ssl/glusterfs.key',
    doc: 'The key of that certificate.',
  },
  {
    key: 'transport.socket.ssl-ca-list',
    kind: 'path',
    default: '/usr/lib/ssl/glusterfs.ca',
    doc: 'The authorities whose certificates are believed.',
  },
  {
    key: 'transport.socket.ssl-crl-path',
    kind: 'path',
    doc: 'A directory of revocation lists.',
  },
  {
    key: 'transport.socket.ssl-cert-depth',
    kind: 'int',
    default: '1',
    min: 0,
    max: 100,
    doc: "How many certificates may stand between the peer's and an authority's.",
  },
  {
    key: 'transport.socket.ssl-cipher-list',
    kind: 'string',
    default: 'EECDH:EDH:HIGH:!3DES:!RC4:!DES:!MD5:!aNULL:!eNULL',
    doc: 'Ciphers of TLS 1.2, in the words of OpenSSL; those of TLS 1.3 are always on.',
  },
  {
    key: 'transport.socket.ssl-dh-param',
    kind: 'path',
    doc: 'A file of DH parameters, for ciphers of TLS 1.2 that need them.',
  },
  {
    key: 'transport.socket.ssl-ec-curve',
    kind: 'string',
    doc: 'The elliptic curves to agree on a key with.',
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

/** The network that the options ask for. Throws an Error where it cannot be had. */
export function networkOf(options: Options, network: Network): Network {
  if (!options.bool('transport.socket.ssl-enabled')) return network;
  if (network.secured === undefined) throw new Error('this network has no TLS');
  return network.secured(tlsSettings(options));
}

function tlsSettings(options: Options): TlsSettings {
  return {
    certificate: options.required('transport.socket.ssl-own-cert'),
    privateKey: options.required('transport.socket.ssl-private-key'),
    authorities: options.required('transport.socket.ssl-ca-list'),
    revocations: options.text('transport.socket.ssl-crl-path'),
    dhParameters: options.text('transport.socket.ssl-dh-param'),
    curves: options.text('transport.socket.ssl-ec-curve'),
    ciphers: options.required('transport.socket.ssl-cipher-list'),
    depth: options.int('transport.socket.ssl-cert-depth'),
  };
}
