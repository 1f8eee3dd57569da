import type { Explanation } from './explanation.js';

/** HFS-50 and 90: this node, its files and its ports. */
export const NODE = {
  'HFS-5001': {
    means: 'A port that this node needs belongs to another program, so it does not listen there.',
    causes: [
      'another hekafsd on this machine, with the same ports and another state directory',
      'glusterd, which holds 24007 and hands out brick ports from 49152 on',
      'a brick port that the kernel gave to an outgoing connection',
    ],
    todo: [
      'ss -ltnp shows who listens',
      'choose others: --http HOST:PORT, --mgmt-port N, --brick-ports LOW-HIGH',
    ],
  },
  'HFS-5002': {
    means:
      'Another hekafsd works on this state directory. The second one ended at once and changed nothing.',
    causes: ['hekafsd was started twice, by hand beside the one of systemd'],
    todo: [
      'DIR/hekafsd.pid has the process id of the one that runs',
      'stop it, or give this one another --state-dir',
    ],
  },
  'HFS-5003': {
    means:
      'A file in the state directory cannot be read, or comes from a newer release. It was left as it is, and hekafsd does not start on guesses.',
    causes: [
      'a disk that lost or changed data, or an editor',
      'an older hekafsd after a newer one has run: the message then says which versions',
    ],
    todo: [
      'of a newer release: start that one again',
      'damaged: put the file back from a backup; the generation before it is the file ending in .bak',
      'else move the state directory aside, retire this server from another one, and let it join anew',
    ],
  },
  'HFS-5004': {
    means:
      'The brick of this server, the process that holds its copy, does not run. Other servers go on.',
    causes: [
      'its directory is missing, not mounted, not writable, or another brick than last time',
      'its port is taken',
      'a filesystem without extended attributes',
    ],
    todo: [
      'read the end of DIR/run/brick.log, where DIR is the state directory',
      'hekafsd tries again by itself; hfs_config doctor checks directory, space and attributes',
    ],
  },
  'HFS-5005': {
    means: 'A volfile cannot be loaded. Nothing was served from it.',
    causes: [
      'a translator or an option that this engine does not have: the message names the line',
      'a typing error, or a volume that nobody declares',
    ],
    todo: ['correct the line; the README has the table of translators and options'],
  },
  'HFS-5006': {
    means:
      'The log of a server does not say any more what it has acknowledged, so it votes no more. What is there is kept.',
    causes: [
      'a disk that lost or changed data',
      "somebody edited DIR/journal, or put another server's there",
    ],
    todo: [
      'with a majority of the others up it moves its brick aside and rejoins with a new log by itself: hfs_config status shows how far it is',
      "where the log is somebody else's, or has been lost twice: look at its disk, then hfs_config verify --repair on that server",
    ],
  },
  'HFS-5007': {
    means:
      'The system refused to read or write a file of this node. What was asked for did not happen.',
    causes: [
      'no space left, or no inodes',
      'a filesystem that became read-only after errors of its disk',
      'a directory that belongs to another user',
    ],
    todo: [
      'hfs_config doctor shows free space, inodes and the speed of the disk',
      'dmesg | tail shows errors of the disk',
    ],
  },
  'HFS-9001': {
    means: 'Something happened that the program does not know how to handle: a bug of HekaFS.',
    causes: ['none that an administrator has to look for'],
    todo: [
      'report it, with the line of the log of hekafsd that has the request id, or the output with -v',
      'hekafsd ends after a bug outside of a request and its supervisor starts it again; bricks go on meanwhile',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
