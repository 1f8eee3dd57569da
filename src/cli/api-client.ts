import { Agent } from 'node:http';
import { type Code, ConfigError, isCode } from '../config/error.js';
import { type ApiAnswer, type ApiRequest, type Outcome, refusalOf } from './api-answer.js';
import { attempt, type Target } from './api-attempt.js';

/** The daemon's own deadline comes first, because its answer says more; then this much later ours. */
const GRACE_MS = 1000;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1000;

/** What passes by itself, often enough to try again before the deadline. */
const PASSING: readonly Code[] = ['HFS-2001', 'HFS-2002', 'HFS-2006'];
/** After these nobody knows whether a write happened. */
const OPEN: readonly Code[] = ['HFS-2002', 'HFS-2005'];

export interface ApiSetup {
  readonly target: Target;
  /** How people are told of the target. */
  readonly shown: string;
  /** The command that starts a hekafsd there. */
  readonly start: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

/** Asks one hekafsd, and repeats a request under its id until the deadline where that is safe and of use. */
export class ApiClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });

  constructor(private readonly setup: ApiSetup) {}

  /** Answers a success; every refusal, and a deadline, is a ConfigError. */
  async ask(asked: ApiRequest): Promise<ApiAnswer> {
    const requestId = asked.method === 'GET' ? undefined : await newRequestId();
    const endMs = performance.now() + this.setup.timeoutMs;
    let isOpen = false;
    let last: ConfigError | undefined;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
      const outcome = await this.attempt(asked, requestId, endMs);
      const error = errorOf(outcome, this.setup);
      if (error === undefined && outcome.kind === 'answer') return outcome.answer;
      const hasBeenSent = isOpen || last !== undefined || outcome.kind !== 'no-connection';
      isOpen ||= outcome.kind === 'lost' || isCode(error, ...OPEN);
      last = error;
      const mayPass = outcome.kind !== 'answer' ? hasBeenSent : isCode(error, ...PASSING);
      const isLate = performance.now() + pauseMs >= endMs;
      if (!mayPass || isLate) throw final(asked, last, isOpen);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private attempt(
    asked: ApiRequest,
    requestId: string | undefined,
    endMs: number,
  ): Promise<Outcome> {
    const leftMs = Math.max(1, endMs - performance.now());
    const headers: Record<string, string> = {
      ...asked.headers,
      ...(requestId === undefined ? {} : { 'HFS-Request-Id': requestId }),
      'HFS-Timeout': (leftMs / 1000).toFixed(3),
    };
    if (this.setup.token !== undefined) headers['Authorization'] = `Bearer ${this.setup.token}`;
    return attempt(this.setup.target, this.agent, asked, headers, leftMs + GRACE_MS);
  }
}

/** Only what writes has to be known again; and cryptography takes a while to load. */
async function newRequestId(): Promise<string> {
  const { randomUUID } = await import('node:crypto');
  return randomUUID();
}

function errorOf(outcome: Outcome, { shown, start }: ApiSetup): ConfigError | undefined {
  if (outcome.kind === 'answer') return refusalOf(outcome.answer);
  if (outcome.kind === 'lost') {
    const next = 'see its log, and ask again';
    return new ConfigError('HFS-2003', `hekafsd at ${shown} did not answer`, outcome.why, next);
  }
  if (outcome.code === 'EACCES') {
    const why = `${shown} is for the user that hekafsd runs as, and root`;
    return new ConfigError('HFS-4001', 'not authorised', why, 'ask as that user, or use --server');
  }
  const why = NO_CONNECTION[outcome.code] ?? outcome.why;
  const next = `${start}, or say where one answers with --server or --state-dir`;
  return new ConfigError('HFS-2003', `no hekafsd answers at ${shown}`, why, next);
}

const NO_CONNECTION: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nobody listens',
  ETIMEDOUT: 'no connection in time',
};

/** What is said at the end: where any attempt may have written, that comes first. */
function final(asked: ApiRequest, last: ConfigError | undefined, isOpen: boolean): ConfigError {
  const isWrite = asked.method !== 'GET';
  if (isWrite && isCode(last, 'HFS-2002'))
    return new ConfigError(last.code, last.what, last.why, LOOK_FIRST, last);
  if (last !== undefined && !(isWrite && isOpen && isUnavailable(last))) return last;
  const why = last === undefined ? 'no answer' : `${last.what}: ${last.why}`;
  const what = 'outcome unknown: it may or may not have happened';
  return new ConfigError('HFS-2002', what, why, LOOK_FIRST);
}

/** The request's id ends with the program: a later one is another request. */
const LOOK_FIRST = 'hfs_config status shows when writes pass again; then look whether it happened';

function isUnavailable(error: ConfigError): boolean {
  return error.code !== 'HFS-2002' && error.code.startsWith('HFS-2');
}
