import { type Agent, type IncomingMessage, request } from 'node:http';
import type { ApiRequest, Outcome } from './api-answer.js';

/** Where a hekafsd listens. */
export type Target =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number };

/** Sends a request once and waits for its answer; never throws. */
export function attempt(
  target: Target,
  agent: Agent,
  asked: ApiRequest,
  headers: Readonly<Record<string, string>>,
  waitMs: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let isConnected = false;
    const { method, path } = asked;
    const length = { 'Content-Length': String(asked.body?.length ?? 0) };
    const sent = request({ ...target, agent, method, path, headers: { ...headers, ...length } });
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
      if (outcome.kind !== 'answer') sent.destroy();
    };
    const timer = setTimeout(
      () => settle(failed(isConnected, 'ETIMEDOUT', 'no answer in time')),
      waitMs,
    );
    sent.once('socket', (socket) => {
      if (!socket.connecting) isConnected = true;
      else socket.once('connect', () => (isConnected = true));
    });
    sent.on('error', (error: NodeJS.ErrnoException) =>
      settle(failed(isConnected, error.code ?? '', error.message)),
    );
    sent.once('response', (response) => {
      collect(response).then(settle, (error: Error) => settle(failed(true, '', error.message)));
    });
    sent.end(asked.body);
  });
}

async function collect(response: IncomingMessage): Promise<Outcome> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const { statusCode: status = 0, headers } = response;
  return { kind: 'answer', answer: { status, headers, body: Buffer.concat(chunks) } };
}

function failed(isConnected: boolean, code: string, why: string): Outcome {
  return isConnected ? { kind: 'lost', why } : { kind: 'no-connection', code, why };
}
