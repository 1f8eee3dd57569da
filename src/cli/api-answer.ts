import { ConfigError } from '../config/error.js';
import { readProblem } from '../daemon/http-answer.js';

export interface ApiRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With its query; keys in it are percent-encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: ApiAnswer }
  /** No connection was made: nothing was asked. */
  | { readonly kind: 'no-connection'; readonly code: string; readonly why: string }
  /** The connection ended, or nothing came back in time: it may have been done. */
  | { readonly kind: 'lost'; readonly why: string };

/** The refusal in an answer, or undefined where it is a success. */
export function refusalOf(answer: ApiAnswer): ConfigError | undefined {
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const problem = readProblem(answer.body);
  if (problem) return new ConfigError(problem.code, problem.what, problem.why, problem.next);
  const why = `it answered ${answer.status}, and not in the words of hekafsd`;
  return new ConfigError('HFS-2003', 'no hekafsd answers there', why, 'check --server');
}

/** A field of a JSON answer's text, or undefined. */
export function headerOf(answer: ApiAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The JSON in an answer. What it says is taken on trust: it comes from the hekafsd that was asked. */
export function jsonOf<T>(answer: ApiAnswer): T {
  try {
    return JSON.parse(answer.body.toString('utf8')) as T;
  } catch (error) {
    const why = 'its answer is not JSON';
    throw new ConfigError('HFS-2003', 'no hekafsd answers there', why, 'check --server', error);
  }
}
