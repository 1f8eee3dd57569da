import { ConfigError, type Problem } from '../config/error.js';
import { FopError } from '../fop/error.js';
import type { Notice } from '../fop/translator.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { TRANSLATORS } from '../graph/translators.js';
import { MAX_VOLFILE_CHARACTERS } from '../graph/volfile.js';
import type { Disk } from '../platform/disk.js';
import type { Endpoint } from '../platform/network.js';
import { requireSystemCalls } from '../platform/node/syscalls.js';
import type { Platform } from '../platform/platform.js';
import { VERSION } from '../version.js';
import { ProtocolServer } from '../xlators/protocol/server/server.js';
import { Posix } from '../xlators/storage/posix/posix.js';
import { lockBricks } from './brick-lock.js';
import type { BrickdArguments } from './brickd-arguments.js';
import { whyOf } from './brickd-problem.js';
import type { Log } from './log.js';
import { readSmallFile } from './small-file.js';

/** Why a brick is over; `isHanging`: its disk does not answer, and so perhaps nothing that is asked of it ever ends. */
export interface BrickFailure {
  readonly problem: Problem;
  readonly isHanging: boolean;
}

/** A volfile's graph that serves. */
export interface RunningBrick {
  readonly endpoint: Endpoint;
  /** Settles when a disk has failed: then the process should end. Never where none does. */
  readonly failed: Promise<BrickFailure>;
  /** How long the main thread may hang before the process is to be ended; undefined for as long as it likes. */
  readonly patienceMs: number | undefined;
  /** Stops the listener, then everything below it. */
  stop(): Promise<void>;
}

/** Builds and starts the graph of a volfile, and logs one line once it listens. Throws what brickProblem understands. */
export async function startBrick(
  given: BrickdArguments,
  platform: Platform,
  log: Log,
): Promise<RunningBrick> {
  const text = readVolfile(platform.disk, given.volfile);
  const graph = buildGraph(text, TRANSLATORS, platform, given.overrides);
  const server = serverOf(graph, given.volfile);
  graph.top.listen((notice) => logNotice(log, notice));
  const failed = failureOf(graph);
  if (graph.notes.length > 0) log.info('options without effect', { options: graph.notes });
  lockBricks(platform.disk, graph, (file) => requireSystemCalls('flock').flock(file));
  await graph.start();
  const exports = server.children.map(({ name }) => name);
  const { endpoint } = server;
  if (!endpoint) throw new TypeError('a server that was started listens');
  log.info('brick listens', { volfile: given.volfile, ...endpoint, exports, version: VERSION });
  return { endpoint, failed, patienceMs: patienceMs(graph), stop: () => graph.stop() };
}

function readVolfile(disk: Disk, path: string): string {
  try {
    return readSmallFile(disk, path, MAX_VOLFILE_CHARACTERS);
  } catch (error) {
    const why = error instanceof FopError ? error.errno : whyOf(error);
    const next = 'give the path of a volfile with -f';
    throw new ConfigError('HFS-5005', `volfile ${path} cannot be read`, why, next, error);
  }
}

function serverOf(graph: Graph, volfile: string): ProtocolServer {
  if (graph.top instanceof ProtocolServer) return graph.top;
  const why = `its last volume, ${graph.top.name}, is a ${graph.top.type}, not a protocol/server`;
  const next = 'put a protocol/server at the end of it';
  throw new ConfigError('HFS-5005', `volfile ${volfile} serves nothing`, why, next);
}

function failureOf(graph: Graph): Promise<BrickFailure> {
  return new Promise((resolve) => {
    graph.top.listen((notice) => {
      if (notice.event !== 'failed') return;
      const what = `the disk of brick ${notice.from.name} has failed its health check`;
      const next = 'dmesg | tail shows what the kernel says of the disk';
      const problem: Problem = { code: 'HFS-5017', what, why: notice.why, next };
      resolve({ problem, isHanging: notice.isHanging });
    });
  });
}

/** Of several bricks the one that waits longest decides. */
function patienceMs(graph: Graph): number | undefined {
  const times = [...graph.byName.values()].flatMap((translator) =>
    translator instanceof Posix && translator.patienceMs !== undefined
      ? [translator.patienceMs]
      : [],
  );
  return times.length === 0 ? undefined : Math.max(...times);
}

function logNotice(log: Log, notice: Notice): void {
  const volume = notice.from.name;
  if (notice.event === 'log') log[notice.level](notice.message, { volume, ...notice.fields });
  else if (notice.event === 'child-up') log.info('volume is up', { volume });
  else if (notice.event !== 'upcall') log.info('volume is down', { volume, why: notice.why });
}
