import type { Members } from '../members.js';
import { encodeEntry, type LogHeader } from './entry.js';
import { type Epoch, NO_EPOCH } from './epoch.js';
import { NO_HASH, type SealedRecord, sealRecord } from './record.js';
import { VoterLog } from './voter-log.js';

/** What every log begins with: the header that makes it a voter. */
export function headerEntry(header: LogHeader): Buffer {
  return encodeEntry({
    epoch: NO_EPOCH,
    prefixLength: 0,
    prefixHash: new VoterLog().prefixHash(),
    commit: { revision: 0, hash: NO_HASH },
    lengths: [],
    body: { kind: 'header', header },
  });
}

/** Revision 1 of a new cluster: its id, and its first list. */
export function firstRecord(cluster: string, members: Members, timeMs: number): SealedRecord {
  return sealRecord({
    revision: 1,
    previous: NO_HASH,
    timeMs,
    requestId: '',
    author: members.servers[0]?.node ?? '',
    changes: [
      { type: 'cluster', json: JSON.stringify({ id: cluster }) },
      { type: 'members', json: JSON.stringify(members) },
    ],
  });
}

/** The log that founds a cluster: its header, and the first record accepted under an epoch of its founder. */
export function foundingLog(header: LogHeader, epoch: Epoch, first: SealedRecord): Buffer {
  const head = headerEntry(header);
  const log = new VoterLog();
  log.feed(head);
  const accept = encodeEntry({
    epoch,
    prefixLength: head.length,
    prefixHash: log.prefixHash(),
    commit: { revision: 0, hash: NO_HASH },
    lengths: [],
    body: { kind: 'accept', first: 1, records: [first.bytes] },
  });
  return Buffer.concat([head, accept]);
}
