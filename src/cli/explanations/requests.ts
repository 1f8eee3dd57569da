import type { Explanation } from './explanation.js';

/** HFS-1: the request itself. */
export const REQUESTS = {
  'HFS-1001': {
    means: 'The request or the command line cannot be understood. Nothing was done.',
    causes: [
      'a typing error in a command, an option or a header',
      'an option or a field that belongs to another command, or to another release',
      'nodes of different releases that do not understand each other',
    ],
    todo: [
      'read the line behind the colon: it names the word that was not understood',
      'hfs_config help COMMAND shows what a command takes, with examples',
      'between nodes: hfs_config doctor compares their releases',
    ],
  },
  'HFS-1002': {
    means: 'No key can have this name. Nothing was written.',
    causes: [
      'a component . or .., a slash at the beginning, or two in a row',
      'more than 1,024 bytes, or a component of more than 255',
      'a first component that the filesystem keeps for itself: .hekafs, .glusterfs…, .trashcan, volumes',
      'bytes that are no UTF-8: keys are text, in HTTP percent-encoded UTF-8',
    ],
    todo: [
      'choose another key; bytes of any kind fit into the value',
      'what a program of another character set calls a file: convert the name with iconv',
    ],
  },
  'HFS-1003': {
    means: 'A value, or all values of one commit together, are too large. Nothing was written.',
    causes: [
      'a value of more than 4 MiB',
      'an init with more than 8 MiB of values, or a delete -r of very many keys at once',
    ],
    todo: [
      'split the value over several keys, or keep it elsewhere and store where',
      'set the largest values after init, delete directory by directory',
    ],
  },
  'HFS-1004': {
    means: 'There is no value and no directory of that name at the newest revision.',
    causes: [
      'a typing error: keys are case-sensitive and have no leading slash',
      'somebody deleted it; a directory goes with its last value',
      'a slash behind the name of a value: with a slash it asks for a directory',
    ],
    todo: [
      'hfs_config list shows what there is, hfs_config list -r all of it',
      'with --stale: this server may lag; ask again without',
    ],
  },
  'HFS-1005': {
    means: 'The write had a condition, and the condition does not hold. Nothing was written.',
    causes: [
      'somebody else changed the key first: --if-revision, If-Match',
      'the key exists already: --if-absent, If-None-Match',
    ],
    todo: ['read the key again, decide anew, and write with the revision that was read'],
  },
  'HFS-1006': {
    means: 'The filesystem holds values already, so init put in none. There is one winner only.',
    causes: ['init was run before, perhaps by another administrator at the same time'],
    todo: [
      'hfs_config list -r shows what there is',
      'change single values with hfs_config set; init is for an empty filesystem',
    ],
  },
  'HFS-1007': {
    means: 'A key is a value or a directory, never both, and the other kind is in the way.',
    causes: ['set a/b where a is a value', 'set a where a is a directory, because a/b exists'],
    todo: [
      'hfs_config list shows which is which',
      'delete what is in the way, or choose another name',
    ],
  },
  'HFS-1008': {
    means:
      'The key is a directory, and delete without -r removes values only. Nothing was removed.',
    causes: ['the name of a directory where that of a value was meant'],
    todo: ['hfs_config delete -r KEY --dry-run shows what would go, without --dry-run it goes'],
  },
  'HFS-1009': {
    means: 'hekafsd serves nothing at this address of its HTTP API.',
    causes: ['a typing error in the path: it begins with /v1/', 'a client of another release'],
    todo: ['GET /v1/status works everywhere; the README has the table of requests'],
  },
  'HFS-1010': {
    means: 'No release up to this one has an error of that code.',
    causes: ['a typing error', 'a code of a newer release than this hfs_config'],
    todo: [
      'hfs_config explain without a code lists all',
      'hfs_config --version, and the version in hfs_config status',
    ],
  },
  'HFS-1012': {
    means:
      'All values below a directory were asked for at once, and they are too many to hold in one answer.',
    causes: ['?values=1 on a directory with more than 16 MiB of values'],
    todo: [
      'hfs_config get reads them one by one by itself, each at its own revision',
      'ask for the directories below it, or for a listing without values first',
    ],
  },
  'HFS-1011': {
    means:
      'A log holds entries of a newer release. They may be anything, so none is skipped: the log was left as it is, and ' +
      'this release takes no part in it.',
    causes: ['hekafsd was upgraded, wrote, and was put back to the older release'],
    todo: [
      'start the newer release again, on every server',
      'without one there is no way back but a backup from before the upgrade',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
