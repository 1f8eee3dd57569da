import { CODES, type Code, ConfigError, type Problem } from '../config/error.js';

/** What goes back to whoever asked: a status, headers and a whole body. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An error as it stands in an answer's body. */
export interface HttpProblem extends Problem {
  readonly requestId: string;
}

/** A refusal whose HTTP status differs from its code's: 405 and the like. */
export class HttpRefusal extends ConfigError {
  constructor(
    readonly status: number,
    problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.code, problem.what, problem.why, problem.next);
  }
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  return { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

export function text(value: string, status = 200): Answer {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
  return { status, headers, body: Buffer.from(value) };
}

export function bytes(body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/octet-stream', ...headers }, body };
}

/** Any error as an answer. What is not a ConfigError is a bug, and its text stays in the log. */
export function problemAnswer(error: unknown, requestId: string): Answer {
  const problem = error instanceof ConfigError ? error : bug(error);
  const status = problem instanceof HttpRefusal ? problem.status : CODES[problem.code].http;
  const extra = problem instanceof HttpRefusal ? problem.headers : {};
  const body: HttpProblem = { ...problem.toJSON(), requestId };
  return { ...json(body, { ...retryAfter(status), ...extra }), status };
}

/** HFS-1001 for a request that nobody should repeat as it is. */
export function badRequest(
  what: string,
  why: string,
  next = 'see HTTP in the README',
): ConfigError {
  return new ConfigError('HFS-1001', what, why, next);
}

/** Reads an error body; undefined where it is none of ours. */
export function readProblem(body: Buffer): Problem | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (!isProblem(parsed)) return undefined;
  return { code: parsed.code, what: parsed.what, why: parsed.why, next: parsed.next };
}

function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const { code, what, why, next } = value as Partial<Record<keyof Problem, unknown>>;
  const hasText = [what, why, next].every((part) => typeof part === 'string');
  return hasText && typeof code === 'string' && isKnownCode(code);
}

function isKnownCode(code: string): code is Code {
  return Object.hasOwn(CODES, code);
}

function bug(error: unknown): ConfigError {
  const next = 'look for the request id in the log of hekafsd and report it';
  return new ConfigError('HFS-9001', 'the request failed', 'an error inside hekafsd', next, error);
}

function retryAfter(status: number): Readonly<Record<string, string>> {
  return status === 503 ? { 'Retry-After': '1' } : {};
}
