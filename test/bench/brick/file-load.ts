import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { FileTask } from './tasks.js';

/*
 * A process of its own that works in a directory, each thread with blocking calls, and prints the milliseconds it took.
 */

const SMALL = Buffer.alloc(4096, 's');
const MIB = 1024 * 1024;

function path(directory: string, thread: number, number: number, suffix = ''): string {
  return `${directory}/t${thread}/file-${number}${suffix}`;
}

function smallFiles(task: FileTask & { on: 'files' }, thread: number): void {
  const { directory, load } = task;
  for (let number = thread; number < task.files; number += task.threads) {
    const name = path(directory, thread, number);
    if (load === 'create') writeFileSync(name, SMALL);
    else if (load === 'stat') statSync(name);
    else if (load === 'read') readFileSync(name);
    else if (load === 'rename') renameSync(name, `${name}.new`);
    else unlinkSync(`${name}.new`);
  }
}

function data({ load, file, bytes, blocks }: FileTask & { on: 'data' }): void {
  const isRandom = load.startsWith('random');
  const flags = load === 'write' ? constants.O_WRONLY | constants.O_CREAT : constants.O_RDWR;
  const handle = openSync(file, flags | (isRandom ? constants.O_DIRECT : 0), 0o644);
  if (isRandom) randomBlocks(handle, load === 'random-read', bytes, blocks);
  else inOrder(handle, load === 'read', bytes);
  closeSync(handle);
}

function inOrder(handle: number, isRead: boolean, bytes: number): void {
  const block = Buffer.alloc(MIB, 'b');
  for (let offset = 0; offset < bytes; offset += MIB)
    if (isRead) readSync(handle, block, 0, MIB, offset);
    else writeSync(handle, block, 0, MIB, offset);
}

/** Straight to the brick: past the kernel's pages, which would answer most reads. */
function randomBlocks(handle: number, isRead: boolean, bytes: number, blocks: number): void {
  const block = Buffer.alloc(4096, 'r');
  for (let count = 0; count < blocks; count++) {
    const offset = Math.floor(Math.random() * (bytes / 4096)) * 4096;
    if (isRead) readSync(handle, block, 0, 4096, offset);
    else writeSync(handle, block, 0, 4096, offset);
  }
}

/** All threads are up before the clock starts. */
async function inThreads(task: FileTask & { on: 'files' }): Promise<number> {
  for (let thread = 0; thread < task.threads; thread++)
    mkdirSync(`${task.directory}/t${thread}`, { recursive: true });
  const workers = Array.from(
    { length: task.threads },
    (_, thread) => new Worker(new URL(import.meta.url), { workerData: { task, thread } }),
  );
  const said = (worker: Worker): Promise<unknown> =>
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await Promise.all(workers.map(said));
  const start = performance.now();
  const over = Promise.all(workers.map(said));
  for (const worker of workers) worker.postMessage('go');
  await over;
  return performance.now() - start;
}

async function main(task: FileTask): Promise<number> {
  if (task.on === 'files') return inThreads(task);
  const start = performance.now();
  data(task);
  return performance.now() - start;
}

if (isMainThread) {
  const [task = ''] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await main(JSON.parse(task) as FileTask)));
  process.exit(0);
} else {
  parentPort?.once('message', () => {
    smallFiles(workerData.task, workerData.thread);
    parentPort?.postMessage('done');
  });
  parentPort?.postMessage('ready');
}
