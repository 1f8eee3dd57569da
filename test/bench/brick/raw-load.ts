import { median, quantile } from '../load.js';
import { RawClient } from './raw-client.js';
import { lookupRecord, mknodRecord, prepare } from './requests.js';
import type { CrowdFigures, RawTask } from './tasks.js';

/*
 * A process of its own that loads one brick over the wire and prints its figures as one line of JSON.
 */

async function rate(port: number, task: RawTask & { do: 'rate' }): Promise<number> {
  const client = await RawClient.open(port, task.certificates);
  const requests = await prepare(client, task.load);
  return client.rate(requests, task.depth, task.ms / 4, task.ms);
}

async function inodes(port: number, { count }: { readonly count: number }): Promise<number> {
  const client = await RawClient.open(port);
  const BATCH = 1000;
  for (const record of [mknodRecord, lookupRecord])
    for (let from = 1000; from < 1000 + count; from += BATCH) {
      const numbers = Array.from({ length: BATCH }, (_, index) => from + index);
      await client.each(numbers.map(record), 16);
    }
  return count;
}

async function crowd(port: number, task: RawTask & { do: 'crowd' }): Promise<CrowdFigures> {
  for (let count = 0; count < task.idle; count++) await RawClient.open(port);
  const busy: RawClient[] = [];
  for (let count = 0; count < task.busy; count++) busy.push(await RawClient.open(port));
  const [first] = busy;
  if (first === undefined) throw new Error('nobody is busy');
  const requests = await prepare(first, 'lookup');
  const rates = await Promise.all(
    busy.map((client) => client.rate(requests, 1, task.ms / 4, task.ms)),
  );
  const sorted = rates.toSorted((a, b) => a - b);
  const perSecond = rates.reduce((sum, each) => sum + each, 0);
  const mean = perSecond / rates.length;
  return { perSecond, slowest: quantile(sorted, 0) / mean, median: median(rates) };
}

async function main(port: number, task: RawTask): Promise<unknown> {
  if (task.do === 'rate') return rate(port, task);
  return task.do === 'inodes' ? inodes(port, task) : crowd(port, task);
}

const [port, task = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await main(Number(port), JSON.parse(task) as RawTask)));
process.exit(0);
