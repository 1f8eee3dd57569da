import type { Explanation } from './explanation.js';

/** HFS-2: somebody who is needed does not answer. */
export const AVAILABILITY = {
  'HFS-2001': {
    means:
      'No majority of the voting servers answers, so nothing was accepted: the write has surely not happened, ' +
      'and a read could not be confirmed to be the newest. It is never decided by fewer than a majority.',
    causes: [
      'servers are down, or their bricks are: the message names those that are waited for',
      'the network between the servers is cut, and this node is on the smaller side',
      'a new leader is being found, which takes a moment',
    ],
    todo: [
      'hfs_config status names the servers that are down; hfs_config doctor tests the ports both ways',
      'bring one of them back: writes resume by themselves',
      'read meanwhile with hfs_config get --stale, or with cat on a brick',
      'a server that never comes back: hfs_config retire NAME, while a majority is up',
    ],
  },
  'HFS-2002': {
    means:
      'The write was sent and no answer came back: it may have happened or may yet happen. If it did, it did so once.',
    causes: [
      'the leader was lost in the middle of it',
      'the connection to hekafsd broke, or the deadline passed before the answer',
    ],
    todo: [
      'wait until hfs_config status shows that writes pass again, then read the key',
      'a program repeats the request under the same HFS-Request-Id: it is answered with the first outcome',
      'make writes conditional with --if-revision: then a repeat cannot overwrite anything newer',
    ],
  },
  'HFS-2003': {
    means: 'Nobody answered as hekafsd does at the address that was asked.',
    causes: [
      'hekafsd does not run on this node, or with another state directory',
      'a wrong --server or HEKAFS_SERVER, or a port that belongs to another program',
      'a firewall between here and there',
    ],
    todo: [
      'systemctl status hekafsd, or start hekafsd and read its log',
      'hfs_config doctor checks what can be checked without it',
      'name the right place: --state-dir DIR on this machine, --server HOST:PORT elsewhere',
    ],
  },
  'HFS-2004': {
    means:
      'This node runs hekafsd and belongs to no cluster, so it has no configuration to answer with.',
    causes: [
      'a new node that nobody told to serve or to join yet',
      'an empty state directory: hekafsd was started with another --state-dir than last time',
    ],
    todo: [
      'on the very first server: hfs_config serve --bootstrap',
      'on the others: hfs_config token create on a member, then hfs_config serve --join HOST:PORT --token T here',
    ],
  },
  'HFS-2005': {
    means:
      'The deadline of the request passed without an answer. Of a write nobody knows whether it happened; a read did nothing.',
    causes: [
      'servers that are slow: a busy disk, a machine that swaps, a network that loses packets',
      'a deadline that is shorter than what was asked for takes',
    ],
    todo: [
      'hfs_config status, and hfs_config doctor for the speed of the disk and of each member',
      'ask again, with more time: --timeout SECONDS',
    ],
  },
  'HFS-2006': {
    means: 'hekafsd has just been started and is not ready for this request yet. Nothing was done.',
    causes: [
      'the start takes a second: brick, members, verification',
      'the brick does not come up: then hfs_config status says why',
    ],
    todo: ['ask again in a moment; hfs_config does so by itself until its deadline'],
  },
  'HFS-2007': {
    means:
      'The process of this brick is there and does not answer. The other servers go on without it as long as they are a majority.',
    causes: [
      'its disk hangs: a path that is lost, a controller that resets, storage over a network that is away',
      'somebody stopped the process (SIGSTOP, a debugger), or the machine is out of memory or time',
    ],
    todo: [
      'look at its state: ps -o pid,stat,wchan:32,args -p PID (D waits for a disk, T is stopped) and dmesg',
      'nothing else: it is used again by itself when it answers; kill it only where it never will',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
