import { CODES, ConfigError } from '../config/error.js';
import { FopError, isErrno } from '../fop/error.js';
import { byteString } from '../fop/name.js';
import type { Disk } from '../platform/disk.js';
import { endpointText } from '../platform/network.js';
import { realPath } from '../platform/node/program-files.js';
import { socketName } from '../platform/node/socket-path.js';
import { requireSystemCalls } from '../platform/node/syscalls.js';
import type { Platform } from '../platform/platform.js';
import { VERSION } from '../version.js';
import { daemonCommandLine } from './command-line.js';
import { runDemo } from './demo.js';
import { readWhole } from './durable-file.js';
import { daemonHelp } from './help.js';
import { type RunningHttp, serveHttp } from './http.js';
import { HttpPeers } from './http-peers.js';
import { localProblem } from './local-troubles.js';
import { type HeldLock, lockStateDir } from './lock-file.js';
import { type OpenLog, openLog } from './log.js';
import type { RunningNode, StartNode } from './node-start.js';
import { type DaemonOptions, daemonOptions } from './options.js';
import { freeSocketPath, isThere, makeStateDir, rootToken, stateDirRefused } from './prepare.js';
import { merged, optionChanges, tellReload } from './reload.js';
import { Service } from './service.js';
import { type ServiceEnvironment, takeServiceEnvironment } from './service-manager.js';
import { socketPath, tokenPath } from './state-dir.js';

/** What the program is made of; a test puts in its own. */
export interface DaemonProgram {
  readonly platform: Platform;
  readonly startNode: StartNode;
}

/** A stop that takes longer is given up; bricks live on and are found again. */
const STOP_MS = 20_000;

/** hekafsd, from the command line to the end of the process. Settles with the exit code. */
export async function main(argv: readonly string[], program: DaemonProgram): Promise<number> {
  try {
    const manager = takeServiceEnvironment(process.env, process.pid);
    const help = daemonHelp(argv);
    if (help !== undefined) return printed(help);
    const commandLine = await daemonCommandLine(argv);
    if (commandLine.isDemo) return await runDemo(commandLine, program.platform);
    const { flags } = commandLine;
    const environment = { ...process.env };
    const readFile = (path: string) => readConfigFile(program.platform, path);
    const isRoot = process.getuid?.() === 0;
    const input = { flags, environment, readFile, isRoot };
    const readOptions = () => withRealPath(daemonOptions(input));
    return await runDaemon({ ...program, readOptions, manager });
  } catch (error) {
    return complain(error);
  }
}

interface Daemon extends DaemonProgram {
  /** Puts the options together, from hekafsd.json as it is now. */
  readonly readOptions: () => DaemonOptions;
  readonly manager: ServiceEnvironment;
}

function printed(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** One node from lock to stop. */
async function runDaemon(daemon: Daemon): Promise<number> {
  const { disk, clock } = daemon.platform;
  const lock = takeLock(disk, daemon.readOptions().stateDir);
  const options = daemon.readOptions();
  const log = openDaemonLog(options, daemon.platform);
  try {
    tellStart(log, options);
    const running = await startAll(options, daemon, log);
    log.info('hekafsd answers', {
      http: endpointText(running.http.endpoint),
      socket: 'hekafsd.sock',
    });
    const service = new Service(daemon.manager, clock, log);
    void service.run(running.node, socketName(socketPath(options.stateDir)));
    const why = await stopAsked(() => reload(daemon, running, service, log));
    log.info('hekafsd stops', { why });
    service.stopping();
    clock.after(STOP_MS, () => lateStop(log));
    await running.node.stop();
    await running.http.close();
    running.peers.close();
    lock.release();
    return 0;
  } catch (error) {
    const cause = startError(disk, options.stateDir, error);
    logFatal(log, cause);
    lock.release();
    throw cause;
  } finally {
    log.flush();
  }
}

/** Processes are known by the paths on their command lines, and directories are synced by name: both want one name. */
function withRealPath(options: DaemonOptions): DaemonOptions {
  return { ...options, stateDir: realPath(options.stateDir) };
}

function takeLock(disk: Disk, stateDir: string): HeldLock {
  try {
    makeStateDir(disk, stateDir);
    return lockStateDir(disk, stateDir, requireSystemCalls('flock').flock);
  } catch (error) {
    throw startError(disk, stateDir, error);
  }
}

/** What the disk under the state directory refused is told as that. */
function startError(disk: Disk, stateDir: string, error: unknown): unknown {
  const refused = stateDirRefused(stateDir, error);
  if (!(refused instanceof FopError)) return refused;
  const { code, what, why, next } = localProblem(disk, 'hekafsd cannot go on', stateDir, error);
  return new ConfigError(code, what, why, next, error);
}

function tellStart(log: OpenLog, { stateDir, sources, overruled }: DaemonOptions): void {
  log.info('hekafsd starts', { version: VERSION, stateDir, sources });
  if (overruled.length > 0)
    log.info('a flag or the environment goes before hekafsd.json', { options: overruled });
}

/** SIGHUP: what can change changes; where the configuration is wrong, everything stays as it was. */
function reload(daemon: Daemon, running: Running, service: Service, log: OpenLog): void {
  service.reload(running.node, () => {
    // Whoever sends it waits for the answer to this one: what an earlier one was told is no repeat of it.
    log.flush();
    try {
      const read = daemon.readOptions();
      log.change(read.logLevel, read.logFile);
      const changes = optionChanges(running.options, read);
      running.options = merged(running.options, read);
      running.node.reload(running.options);
      tellReload(log, changes, read);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error('the configuration was not read again; all stays as it was', {
        ...error.toJSON(),
      });
    }
  });
}

interface Running {
  /** Those in force. */
  options: DaemonOptions;
  readonly node: RunningNode;
  readonly http: RunningHttp;
  readonly peers: HttpPeers;
}

async function startAll(
  options: DaemonOptions,
  program: DaemonProgram,
  log: OpenLog,
): Promise<Running> {
  const { platform } = program;
  process.on('uncaughtException', (error) => crash(log, error));
  const { token, replaced } = await rootToken(platform.disk, platform.random, options.stateDir);
  if (replaced !== undefined)
    log.warn('the token of this node was replaced', {
      path: tokenPath(options.stateDir),
      why: replaced,
      next: 'programs that keep a copy of it have to read it again',
    });
  let node: RunningNode | undefined;
  const http = await serveHttp({
    at: options.http,
    socketPath: socketName(freeSocketPath(platform.disk, options.stateDir)),
    isSocketThere: () => isThere(platform.disk, socketPath(options.stateDir)),
    token,
    served: () => node,
    clock: platform.clock,
    random: platform.random,
    onBug: (error, requestId) =>
      log.error('a request met a bug', { ...bugFields(error), requestId }),
  });
  const peers = new HttpPeers(() => node?.clusterSecret(), platform.clock);
  try {
    node = await program.startNode({ options, http: http.endpoint, platform, peers, log });
    return { options, node, http, peers };
  } catch (error) {
    await http.close();
    peers.close();
    throw error;
  }
}

function openDaemonLog(options: DaemonOptions, platform: Platform): OpenLog {
  return openLog({
    level: options.logLevel,
    file: options.logFile,
    node: options.host,
    clock: platform.clock,
    isTerminal: process.stderr.isTTY === true,
  });
}

/** Settles when somebody asks the daemon to stop. The same signal again changes nothing. */
function stopAsked(reload: () => void): Promise<string> {
  process.on('SIGHUP', reload);
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

/** Anything that nobody caught is a bug: better no daemon than one that nobody understands. Bricks live on. */
function crash(log: OpenLog, error: unknown): void {
  log.error('hekafsd ends: a bug', bugFields(error));
  log.flush();
  process.exit(1);
}

function lateStop(log: OpenLog): void {
  log.error('hekafsd ends: stopping took too long', {
    next: 'the next start adopts what still runs',
  });
  log.flush();
  process.exit(1);
}

function bugFields(error: unknown): Readonly<Record<string, unknown>> {
  const stack = error instanceof Error ? error.stack : String(error);
  return { code: 'HFS-9001', stack, next: 'report it with this line' };
}

function logFatal(log: OpenLog, error: unknown): void {
  if (error instanceof ConfigError) log.error('hekafsd cannot go on', { ...error.toJSON() });
  else log.error('hekafsd cannot go on', bugFields(error));
}

/** One block on standard error; the exit code of its code. */
function complain(error: unknown): number {
  if (!(error instanceof ConfigError)) {
    process.stderr.write(
      `HFS-9001 hekafsd ends: ${String(error instanceof Error ? error.stack : error)}\n`,
    );
    return CODES['HFS-9001'].exit;
  }
  process.stderr.write(`${error.code} ${error.what}: ${error.why}\nnext: ${error.next}\n`);
  return CODES[error.code].exit;
}

function readConfigFile(platform: Platform, path: string): string | undefined {
  try {
    return readWhole(platform.disk, byteString(path)).toString('utf8');
  } catch (error) {
    // Of a directory that is none more is said when it is to be used.
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    const next = 'correct the file or move it away';
    throw new ConfigError('HFS-1001', `${path} cannot be read`, why, next, error);
  }
}
