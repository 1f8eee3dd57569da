import type { Explanation } from './explanation.js';

/** HFS-32: the lists of servers, and the content of the copies. */
export const VERIFICATION = {
  'HFS-3201': {
    means:
      'Two processes run with the identity of one server. The one that the committed list does not reach has stopped ' +
      'serving: its brick is down, it takes part in nothing, and its data is untouched.',
    causes: [
      'a state directory was copied to a second machine, or a virtual machine was cloned',
      'a backup of a machine was started while the machine itself still runs',
    ],
    todo: [
      'decide which one is the server: usually the one that still serves',
      'on the other one: stop hekafsd, move its state directory aside, start it, and let it join with a token of its own',
      'if the one that serves is to go: stop it for good, then hfs_config verify --repair on the other, which rejoins with a new log',
    ],
  },
  'HFS-3202': {
    means: 'This node compares copies already, and does that once at a time. Nothing was started.',
    causes: ['another hfs_config verify runs, or one was interrupted a moment ago'],
    todo: ['wait for it; curl GET /v1/verify over the socket shows how far it is'],
  },
  'HFS-3203': {
    means:
      "A server's hekafsd could not look at its own copy of the values. Nothing was changed there.",
    causes: ['its brick is down, or starts right now', 'its disk is very slow'],
    todo: ['on that server: hfs_config status', 'then hfs_config verify again'],
  },
  'HFS-3204': {
    means:
      'Two copies were changed by hand at the same path, and not alike, so nobody but a person can tell which is meant. Nothing was adopted.',
    causes: ['the same file was edited on the bricks of two servers'],
    todo: [
      'look at both files, on the servers that are named',
      'hfs_config set KEY - with the one that is meant',
      'hfs_config verify --repair: the other versions are kept in conflicts/',
    ],
  },
  'HFS-3205': {
    means:
      "A hand's change cannot become a commit. It is left as it is; other changes were adopted.",
    causes: [
      'a symlink or a special file, where values are files',
      'a name that no key may have, or more bytes than a value may have',
    ],
    todo: ['hfs_config verify --repair puts it right, and keeps a copy in conflicts/'],
  },
  'HFS-3206': {
    means:
      'The log on the brick of this server is missing, damaged or not its own, so it takes no part in commits with it. ' +
      'A server that finds its own log lost or damaged rejoins by itself with a new one, as soon as the others can commit without it.',
    causes: [
      'a disk that lost or changed what was written, or that was put back from a backup',
      'a brick directory that is not mounted, or is that of another server or cluster: then nothing is touched',
    ],
    todo: [
      'hfs_config status says which it is',
      'where a disk is not mounted: mount it and start hekafsd again',
      'where the brick is really lost: hfs_config verify --repair on this server sets it aside and rejoins with a new log',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
