import { Agent, request } from 'node:http';
import type { Problem } from '../../src/config/error.js';

export interface Asked {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** By when the daemon answers; this side waits two seconds longer. */
  readonly timeoutMs?: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

const GRACE_MS = 2000;
/** Shorter than daemons keep an idle connection. */
const KEPT = new Agent({ keepAlive: true, timeout: 1000, maxSockets: 16 });

/** A port of loopback, or the path of a daemon's socket. */
export type HttpPlace = number | string;

/** One HTTP request to a daemon, without any retry. Rejects where no answer comes. */
export function askHttp(
  place: HttpPlace,
  token: string | undefined,
  asked: Asked,
  agent = KEPT,
): Promise<Answered> {
  const { method = 'GET', path, body = '', timeoutMs = 10_000 } = asked;
  const headers = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    'HFS-Timeout': String(timeoutMs / 1000),
    'Content-Length': String(Buffer.byteLength(body)),
    ...asked.headers,
  };
  const signal = AbortSignal.timeout(timeoutMs + GRACE_MS);
  const at = typeof place === 'string' ? { socketPath: place } : { host: '127.0.0.1', port: place };
  const target = { ...at, agent };
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, method, path, headers, signal });
    sent.on('error', reject);
    sent.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}

/** What a refusal says of itself. */
export function problemOf({ body }: Answered): Problem {
  return JSON.parse(body.toString()) as Problem;
}
