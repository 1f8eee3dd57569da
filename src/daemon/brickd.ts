import { dirname } from 'node:path';
import { ConfigError, type Problem } from '../config/error.js';
import { isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { nodeNetwork } from '../platform/node/network.js';
import { nodePlatform } from '../platform/node/platform.js';
import { watchMainThread } from '../platform/node/watchdog.js';
import { type Platform, sleep } from '../platform/platform.js';
import { VERSION } from '../version.js';
import { BRICKD_HELP, type BrickdArguments, readBrickdArguments } from './brickd-arguments.js';
import { hasWaitingParent, startInBackground, tellParent } from './brickd-background.js';
import { brickProblem, exitStatus, problemBlock } from './brickd-problem.js';
import { type BrickFailure, type RunningBrick, startBrick } from './brickd-run.js';
import { type OpenLog, openLog } from './log.js';
import { dropPidFile, takePidFile } from './pid-file.js';

const PROGRAM = 'hfs_brickd';

/** hfs_brickd: answers the exit status once there is one, and never while it serves. */
export async function brickd(words: readonly string[]): Promise<number> {
  try {
    const given = readBrickdArguments(words);
    if (given === 'help') return printed(BRICKD_HELP);
    if (given === 'version') return printed(`${PROGRAM} ${VERSION}\n`);
    return given.isForeground ? await foreground(given) : await background(given);
  } catch (error) {
    return complained(brickProblem(error, ''));
  }
}

async function background(given: BrickdArguments): Promise<number> {
  const problem = await startInBackground(given);
  return problem === null ? 0 : complained(problem);
}

async function foreground(given: BrickdArguments): Promise<number> {
  const platform = nodePlatform(nodeNetwork());
  process.title = [PROGRAM, ...process.argv.slice(2)].join(' ');
  try {
    const log = openBrickLog(given, platform);
    return await serve(given, platform, log);
  } catch (error) {
    const problem = brickProblem(error, given.volfile);
    tellParent(platform.disk, problem);
    return hasWaitingParent() ? exitStatus(problem) : complained(problem);
  }
}

async function serve(given: BrickdArguments, platform: Platform, log: OpenLog): Promise<number> {
  const { disk } = platform;
  const stopAsked = stopSignal();
  process.on('SIGHUP', () => reopen(log));
  process.on('uncaughtException', (error) => endWithBug(log, error));
  try {
    if (given.pidFile !== undefined) takePidFile(disk, given.pidFile, PROGRAM);
    const brick = await startBrick(given, platform, log);
    tellParent(disk, null);
    const endWatch = watched(brick, given.logFile, log);
    const end = await Promise.race([stopAsked, brick.failed]);
    if (typeof end !== 'string') return await endFailed(brick, end, platform, log);
    log.info('brick stops', { signal: end });
    endWatch();
    await brick.stop();
  } catch (error) {
    const { code, what, why, next } = brickProblem(error, given.volfile);
    if (given.logFile !== undefined) log.error(`${what}: ${why}`, { code, next });
    throw error;
  } finally {
    if (given.pidFile !== undefined) dropPidFile(disk, given.pidFile);
    log.flush();
  }
  return 0;
}

/** Where the disk hangs nothing is waited for that may hang too. */
async function endFailed(
  brick: RunningBrick,
  { problem, isHanging }: BrickFailure,
  { clock }: Platform,
  log: OpenLog,
): Promise<number> {
  const { code, what, why, next } = problem;
  log.error(`${what}: ${why}`, { code, next });
  log.flush();
  await Promise.race([brick.stop(), sleep(clock, LAST_MS)]);
  if (isHanging) process.kill(process.pid, 'SIGKILL');
  return exitStatus(problem);
}

const LAST_MS = 5000;

/** Has the process ended where its main thread hangs. */
function watched(
  { patienceMs }: RunningBrick,
  logFile: string | undefined,
  log: OpenLog,
): () => void {
  if (patienceMs === undefined) return () => undefined;
  const seconds = Math.round(patienceMs / 1000);
  const what = `the disk of a brick has not answered for ${seconds} seconds`;
  const line = { level: 'error', code: 'HFS-5017', msg: `${what}: hfs_brickd ends itself` };
  return watchMainThread(patienceMs, `${JSON.stringify(line)}\n`, logFile, ({ message }) =>
    log.warn('a disk that hangs may go unnoticed: the watch for that has ended', { why: message }),
  );
}

function reopen(log: OpenLog): void {
  try {
    log.reopen();
  } catch (error) {
    const { code, what, why, next } = brickProblem(error, '');
    log.error(`${what}: ${why}`, { code, next });
  }
}

/** Nothing below the border may throw but FopErrors; what does is a bug, and the supervisor starts anew. */
function endWithBug(log: OpenLog, error: Error): void {
  log.error('a bug', { code: 'HFS-9001', stack: error.stack, next: 'report it, with this line' });
  process.exit(1);
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

function openBrickLog(given: BrickdArguments, { disk, clock }: Platform): OpenLog {
  const { logFile, logLevel, volfile } = given;
  try {
    if (logFile !== undefined) makeDirectory(disk, dirname(logFile));
    const isTerminal = process.stderr.isTTY === true;
    return openLog({ level: logLevel, file: logFile, node: volfile, clock, isTerminal });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = 'name a log file that can be written with -l';
    throw new ConfigError('HFS-5004', `log file ${logFile} cannot be opened`, why, next, error);
  }
}

/** The log's directory only; those above it must be there. */
function makeDirectory(disk: Disk, path: string): void {
  try {
    disk.mkdir(byteString(path), 0o755);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

function printed(text: string): number {
  process.stdout.write(text);
  return 0;
}

function complained(problem: Problem): number {
  process.stderr.write(problemBlock(problem));
  return exitStatus(problem);
}
