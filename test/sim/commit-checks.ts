import type { SealedRecord } from '../../src/config/log/record.js';
import type { Store } from '../../src/config/store.js';
import type { ConfigClient } from './config-client.js';

/** Watches everything that any node ever applies: one record per revision, each request once, nothing lost. */
export class CommitChecks {
  private readonly hashes = new Map<number, string>();
  private readonly requests = new Map<string, number>();
  private readonly wrong: string[] = [];
  private readonly positions = new Map<string, number>();

  restarted(node: string): void {
    this.positions.set(node, 0);
  }

  applied(node: string, { record, hash }: SealedRecord): void {
    const text = hash.toString('hex');
    const known = this.hashes.get(record.revision);
    if (known !== undefined && known !== text)
      this.wrong.push(`revision ${record.revision} is two records; ${node} applied the other`);
    this.hashes.set(record.revision, text);
    if (record.revision !== (this.positions.get(node) ?? 0) + 1)
      this.wrong.push(`${node} applied ${record.revision} after ${this.positions.get(node)}`);
    this.positions.set(node, record.revision);
    this.noteRequest(record.requestId, record.revision);
  }

  private noteRequest(requestId: string, revision: number): void {
    if (requestId === '') return;
    const before = this.requests.get(requestId);
    if (before !== undefined && before !== revision)
      this.wrong.push(`request ${requestId} was applied twice, as ${before} and ${revision}`);
    this.requests.set(requestId, revision);
  }

  /** At the end, when all is whole: what the nodes hold against each other and against what clients were told. */
  findings(clients: readonly ConfigClient[], stores: ReadonlyMap<string, Store>): string[] {
    const found = [...this.wrong];
    const marks = [...stores].map(
      ([name, { mark }]) => `${name} ${mark.revision} ${mark.hash.toString('hex', 0, 4)}`,
    );
    if (new Set(marks.map((text) => text.slice(text.indexOf(' ')))).size > 1)
      found.push(`servers differ at the end: ${marks.join(', ')}`);
    for (const client of clients) {
      for (const [requestId, revision] of client.acknowledged)
        if (this.requests.get(requestId) !== revision)
          found.push(`acknowledged request ${requestId} (${revision}) was lost`);
      for (const requestId of client.refused)
        if (this.requests.has(requestId)) found.push(`refused request ${requestId} was done`);
    }
    return found;
  }
}
