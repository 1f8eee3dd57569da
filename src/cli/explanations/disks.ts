import type { Explanation } from './explanation.js';

/** Disks and directories that do not do what they should. */
export const DISKS = {
  'HFS-5008': {
    means:
      'A disk has no room for what was to be written. Reads and status go on; so do writes, where a majority of the servers has room. Nothing that was acknowledged is lost.',
    causes: [
      'something else fills the disk of the brick or of the state directory',
      'the log of changes has grown: it holds every change ever made',
      'a quota, or no inodes left',
    ],
    todo: [
      'df -h and df -i on the path that the message names',
      'free some space, or make the filesystem larger: it resumes by itself within seconds',
    ],
  },
  'HFS-5009': {
    means:
      'A disk refuses every write. Reads and status go on; so do writes, where a majority of the servers can write.',
    causes: [
      'the kernel made the filesystem read-only after an error of the disk',
      'it was mounted read-only',
    ],
    todo: [
      'dmesg | tail shows why the kernel did it',
      'mount it for writing again (mount -o remount,rw): it resumes by itself within seconds',
      'a disk with errors: retire this server, and let it serve again on another disk',
    ],
  },
  'HFS-5010': {
    means:
      'The disk under the log of this server failed to make a write durable. The kernel forgets such writes, and a later success proves nothing: this log does not vote any more, also not after a restart. The other servers go on.',
    causes: [
      'a dying disk, cable or controller',
      'a network or thin-provisioned disk that ran out',
    ],
    todo: [
      'dmesg | tail shows which disk it is; replace it',
      'hfs_config retire NAME at another server, then hfs_config serve --join there, with --brick on a sound disk: it copies everything from the others',
      'only where it is the only server, and the disk is sound again: setfattr -x trusted.hekafs.failed-sync DIR/journal/log.1 lets the log vote; what was not acknowledged may be gone',
    ],
  },
  'HFS-5017': {
    means:
      'The disk of a brick refuses what is written to it, gives back something else, or does not answer at all. The brick process has ended, so that clients turn to other bricks at once.',
    causes: [
      'a dying disk, cable or controller',
      'a network disk whose server is gone, or a filesystem that is frozen',
      'the directory of the brick, or .glusterfs in it, was removed',
    ],
    todo: [
      'dmesg | tail shows what the kernel says of the disk',
      'a disk that is slow and sound: set storage.health-check-timeout higher',
      'replace the disk; the other bricks of a replica set have everything',
    ],
  },
  'HFS-5011': {
    means:
      'Another brick process serves this directory. Two would destroy it, so the second one does not start.',
    causes: [
      'a state directory that was copied together with the paths in it',
      'a brick of an earlier hekafsd that still runs',
    ],
    todo: [
      "ps ax | grep -E 'hfs_brickd|glusterfsd' shows it",
      'end the one that should not be there',
    ],
  },
  'HFS-5012': {
    means:
      'What lies at the path of the brick is not the directory that was made for it. Nothing is written there.',
    causes: [
      'the filesystem of the brick is not mounted: what is seen is the empty directory below',
      'another filesystem is mounted there',
      'somebody removed the directory, or put another one there',
    ],
    todo: [
      'mount the filesystem of the brick: it resumes by itself',
      'findmnt -T PATH shows what is there',
    ],
  },
  'HFS-5013': {
    means: 'The process may not open any more files or connections.',
    causes: ['a limit of the system that is too low: ulimit -n', 'very many clients at once'],
    todo: ['raise the limit: LimitNOFILE in the systemd unit, or ulimit -n before the start'],
  },
  'HFS-5014': {
    means: 'The program was started in a directory that no longer exists.',
    causes: ['the shell stands in a directory that somebody has removed or made anew'],
    todo: ['change to a directory that exists (cd /) and start it there'],
  },
  'HFS-5015': {
    means:
      'The brick of this server is to be run by glusterfsd, and that cannot be done here. Nothing on disk has changed.',
    causes: [
      'the package glusterfs-server is not installed',
      'hekafsd does not run as root, or the brick was made without trusted.* attributes',
    ],
    todo: [
      'apt-get install glusterfs-server, and run hekafsd as root',
      'or hfs_config serve --engine embedded: the same brick, run by hfs_brickd',
    ],
  },
  'HFS-5016': {
    means:
      'The glusterfsd that runs the brick of this server has written an error into its log. hekafsd repeats it here.',
    causes: ['a disk that fails', 'a client that is refused', 'clients that disconnect'],
    todo: ['read the log that the line names, around that time'],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
