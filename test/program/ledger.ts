import assert from 'node:assert/strict';
import type { ClusterNode } from './cluster-node.js';
import type { Acknowledged, Writers } from './writers.js';

/**
 * What was promised and what is there: each acknowledged write can be read, at its revision, on the node asked, unless one
 * that nobody answered came after it; and no two writes have one revision.
 */
export async function checkLedger(writers: Writers, node: ClusterNode): Promise<void> {
  assert.deepEqual(writers.errors, [], 'clients met errors');
  checkRevisions(writers.acknowledged);
  const newest = new Map<string, Acknowledged>();
  for (const write of writers.acknowledged)
    if (write.revision > (newest.get(write.key)?.revision ?? 0)) newest.set(write.key, write);
  await inParallel([...newest.values()], async ({ key, value, revision }) => {
    const found = await node.get(key);
    assert.equal(found.status, 200, `${key} of revision ${revision} is lost on ${node.name}`);
    const text = found.body.toString();
    const isLater = writers.unanswered.some((open) => open.key === key && open.value === text);
    if (isLater) return;
    assert.equal(text, value, `${key} on ${node.name}`);
    assert.equal(found.headers['etag'], `"${revision}"`, `revision of ${key} on ${node.name}`);
  });
}

const MAX_PARALLEL = 16;

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await run(item);
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL }, work));
}

/** A write done twice, or two writes in one commit's place, show here. */
function checkRevisions(acknowledged: readonly Acknowledged[]): void {
  const byRevision = new Map<number, string>();
  const byRequest = new Set<string>();
  for (const { revision, requestId, key } of acknowledged) {
    assert.equal(byRevision.get(revision), undefined, `${key} shares revision ${revision}`);
    byRevision.set(revision, key);
    assert.ok(!byRequest.has(requestId));
    byRequest.add(requestId);
  }
}
