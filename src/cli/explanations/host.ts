import type { Explanation } from './explanation.js';

/** HFS-51: the machine that a node runs on. */
export const HOST = {
  'HFS-5101': {
    means: 'The file that --log-file names cannot be opened for writing.',
    causes: [
      'its directory is missing, or belongs to another user',
      'a filesystem that is full or read-only',
      'under systemd, a place that the unit does not let hekafsd write to',
    ],
    todo: [
      'make the directory and give it to the user of hekafsd, or name another file',
      'without --log-file the log goes to standard error, which under systemd is the journal',
      'at a reload: hekafsd goes on with the file that it had; correct the name and send SIGHUP again',
    ],
  },
  'HFS-5102': {
    means:
      'The state directory is there and cannot be used, or cannot be made. Nothing was written.',
    causes: [
      'a file stands where the directory should be, or above it',
      'it belongs to another user, or its filesystem is mounted read-only',
      'hekafsd ran as root once and now runs as somebody else',
    ],
    todo: [
      'give it to the user of hekafsd: chown -R USER DIR',
      'or name another one with --state-dir; its node is then a new one',
    ],
  },
  'HFS-5103': {
    means:
      'A brick keeps what it knows of its files in extended attributes, and its filesystem takes none of them.',
    causes: [
      'tmpfs before Linux 6.6 has no user.* attributes, and others than root may set no trusted.* ones',
      'NFS, FAT, or an overlay without them',
    ],
    todo: [
      'name a directory on ext4, xfs or btrfs with --brick',
      'as root trusted.* attributes are used, which more filesystems have than user.* ones',
    ],
  },
  'HFS-5104': {
    means:
      'The attributes of this brick are user.* ones, because hekafsd ran without root rights when the brick was made, or its filesystem has no trusted.* ones. It works; nothing has failed.',
    causes: ['hekafsd is run by a user', 'a filesystem without trusted.* attributes, such as NFS'],
    todo: [
      'to live with it: no GlusterFS can serve this brick, other programs of that user can change it, it keeps no owners, symlinks or devices',
      'else run hekafsd as root on ext4, xfs or btrfs: retire this server, and let it join as a new one',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
