/** How an option's text is read. */
export type DaemonOptionKind =
  | 'path'
  | 'name'
  | 'address'
  | 'endpoint'
  | 'port'
  | 'range'
  | 'members'
  | 'level'
  | 'log';

export interface DaemonOptionSpec {
  /** `--NAME`, and the key in hekafsd.json; the environment has `HEKAFS_NAME`. */
  readonly name: string;
  readonly kind: DaemonOptionKind;
  /** What stands in place of the value in a usage text. */
  readonly value: string;
  /** As shown to people. */
  readonly default: string;
  readonly doc: string;
}

/** hekafsd's options: the command line, the environment, hekafsd.json and the README's table come from this one. */
export const DAEMON_OPTIONS = [
  {
    name: 'state-dir',
    kind: 'path',
    value: 'DIR',
    default: '/var/lib/hekafs for root, else $XDG_STATE_HOME/hekafs',
    doc: 'where this node keeps its identity, its socket, its token and its brick',
  },
  {
    name: 'host',
    kind: 'name',
    value: 'NAME',
    default: 'the host name of the machine',
    doc: 'the name of this node in messages and in `hfs_config retire NAME`',
  },
  {
    name: 'address',
    kind: 'address',
    value: 'ADDR',
    default: 'the address of --http, where that is one',
    doc: 'the address that other nodes dial; volfiles carry it',
  },
  {
    name: 'http',
    kind: 'endpoint',
    value: 'HOST:PORT',
    default: '127.0.0.1:24006',
    doc: 'where the HTTP API listens; port 0 takes a free one',
  },
  {
    name: 'mgmt-port',
    kind: 'port',
    value: 'N',
    default: '24007',
    doc: "port of GlusterFS's volfile server and portmapper",
  },
  {
    name: 'brick-ports',
    kind: 'range',
    value: 'LOW-HIGH',
    default: '49152-49407',
    doc: 'ports for bricks; a brick keeps the one that it got',
  },
  {
    name: 'members',
    kind: 'members',
    value: 'gluster|file:PATH|list:H:P,H:P',
    default: 'those that joined',
    doc: 'where other members may be found, beside those that joined: the peers of glusterd, a file with HOST or HOST:PORT on each line, or HTTP addresses',
  },
  {
    name: 'log-level',
    kind: 'level',
    value: 'LEVEL',
    default: 'info',
    doc: 'debug, info, warn or error',
  },
  {
    name: 'log-file',
    kind: 'log',
    value: 'FILE',
    default: '-',
    doc: 'where the log goes, JSON lines; - is standard error',
  },
] as const satisfies readonly DaemonOptionSpec[];

export type DaemonOptionName = (typeof DAEMON_OPTIONS)[number]['name'];

/** `HEKAFS_STATE_DIR` for `state-dir`. */
export function environmentName(name: string): string {
  return `HEKAFS_${name.toUpperCase().replaceAll('-', '_')}`;
}
