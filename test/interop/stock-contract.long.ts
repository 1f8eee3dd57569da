import { contract } from '../contract/contract.js';
import { needInterop } from './stock-client.js';
import { StockExports } from './stock-exports.js';

/** More than there are tests in the contract: each takes one. */
const BRICKS = 65;

/** What 10.3 does otherwise: titles of the contract's tests. */
const DIFFERENCES = new Map([
  ['gives a new inode the gfid that was asked for, and demands one', 'two inodes may share one'],
  ['refuses names that cannot be', 'a name with a NUL is cut there'],
  ['hides .glusterfs in the root, and only there', 'a rename of it is ENOENT'],
  ['makes symlinks and pipes, or says that it cannot', 'a pipe is opened'],
  ['removes directories that are empty, and others when told to', 'a gfid that is gone is ENOENT'],
  ['opens files only, empties them when told to', 'a directory is opened as a file'],
  [
    'takes bytes of any length at any place from an fd with O_DIRECT',
    'what is not in whole blocks is EINVAL',
  ],
  ['sets permissions, owners and times', 'the present is no time: features/utime sends it'],
  [
    'keeps the times of its client apart, where there is one that sends them',
    'it takes them from features/utime only',
  ],
  ['keeps its own attributes to itself', 'who sets a gfid is told that it was done'],
  ['computes paths and real names', 'of two names one is kept'],
  ['lists all names in parts, with itself and its parent', 'offsets have 63 bits'],
  ['opens directories only', 'a directory that is gone can be listed'],
  ...[
    'puts a new file, under the gfid asked for, at the time of its client',
    'replaces the content and keeps the gfid and other attributes',
    'leaves the old content to those who have it open',
    'lets one of two puts at once be the last',
    'puts over plain files of one name only',
    'leaves everything as it was where it cannot be done',
  ].map((title) => [title, 'bricks have no PUT'] as const),
]);

describe('our client on bricks of a stock glusterfsd', function () {
  this.timeout(60_000);
  let exports: StockExports | undefined;
  before(async function () {
    needInterop(this, 'glusterfsd');
    exports = await StockExports.start(BRICKS);
  });
  after(() => exports?.stop());

  contract(
    'contract: our client, stock brick',
    () => {
      if (exports === undefined) throw new Error('no brick');
      return exports.next();
    },
    DIFFERENCES,
  );
});
