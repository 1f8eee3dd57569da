import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { CODES, type Code, type Problem } from '../config/error.js';
import type { Disk } from '../platform/disk.js';
import { type BrickdArguments, brickdWords } from './brickd-arguments.js';

/*
 * The parent starts itself again, detached, with a pipe as file 3, and waits. The child writes one line of JSON to the pipe:
 * `null` once it listens, or the problem that kept it from listening.
 */

const OUTCOME_FILE = 3;
/** Tells a child that it has the pipe. */
const OUTCOME_VARIABLE = 'HEKAFS_BRICKD_OUTCOME';
const MAX_OUTCOME_CHARACTERS = 64 * 1024;

/** Starts the brick in the background. Answers null once it listens, or what went wrong. */
export async function startInBackground(given: BrickdArguments): Promise<Problem | null> {
  const [, program = ''] = process.argv;
  const words = [program, ...brickdWords({ ...given, isForeground: true })];
  const child = spawn(process.execPath, [...process.execArgv, ...words], {
    detached: true,
    cwd: '/',
    env: { ...process.env, [OUTCOME_VARIABLE]: `${OUTCOME_FILE}` },
    stdio: ['ignore', 'ignore', given.logFile === undefined ? 'inherit' : 'ignore', 'pipe'],
  });
  const outcome = await Promise.race([outcomeOf(child), startFailure(child)]);
  child.unref();
  return outcome;
}

function startFailure(child: ChildProcess): Promise<Problem> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(failed(error.message)));
  });
}

async function outcomeOf(child: ChildProcess): Promise<Problem | null> {
  const pipe = child.stdio[OUTCOME_FILE] as Readable;
  let text = '';
  for await (const chunk of pipe.setEncoding('utf8')) {
    text += chunk;
    if (text.endsWith('\n') || text.length > MAX_OUTCOME_CHARACTERS) break;
  }
  return readOutcome(text);
}

/** Reads what the child said; anything but an outcome means that it ended before it had one. */
export function readOutcome(text: string): Problem | null {
  try {
    const outcome: unknown = JSON.parse(text);
    if (outcome === null || isProblem(outcome)) return outcome;
  } catch {
    // What it says is below.
  }
  return failed('the process ended before it listened');
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, what, why, next } = value as Record<keyof Problem, unknown>;
  return isCodeWord(code) && [what, why, next].every((text) => typeof text === 'string');
}

function isCodeWord(code: unknown): code is Code {
  return typeof code === 'string' && Object.hasOwn(CODES, code);
}

function failed(why: string): Problem {
  const next = 'read its log, or run it with -N';
  return { code: 'HFS-5004', what: 'hfs_brickd does not start', why, next };
}

/** In the child: tells the waiting parent how it went, if there is one. */
export function tellParent(disk: Disk, outcome: Problem | null): void {
  if (process.env[OUTCOME_VARIABLE] !== `${OUTCOME_FILE}`) return;
  try {
    disk.write(OUTCOME_FILE, Buffer.from(`${JSON.stringify(outcome)}\n`), null);
    disk.close(OUTCOME_FILE);
  } catch {
    // The parent is gone; nobody waits.
  }
}

/** True in a process that a parent waits for: its problems are told there, not printed. */
export function hasWaitingParent(): boolean {
  return process.env[OUTCOME_VARIABLE] === `${OUTCOME_FILE}`;
}
