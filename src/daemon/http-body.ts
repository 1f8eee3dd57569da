import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError } from '../config/error.js';
import { badRequest } from './http-answer.js';

/** After an answer that did not wait for the body, so much of it is still read, so that the answer arrives. */
const DRAIN_BYTES = 8 * 1024 * 1024;

/** The one who asked went away in the middle: there is nobody to answer. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/**
 * Reads the whole body of a request, at most `maxBytes` of it. Throws HFS-1003 as soon as it is known to be
 * longer, without reading the rest, and Aborted when the connection ends before the body does.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Buffer> {
  if (request.headers['content-encoding'] !== undefined)
    throw badRequest(
      'the body is encoded',
      'Content-Encoding is not supported',
      'send it as it is',
    );
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.headers.expect !== undefined) response.writeContinue();
  return collect(request, maxBytes);
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isWhole = false;
    const broke = (): void => {
      if (!isWhole) reject(new Aborted('the request broke off'));
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        request.pause();
        reject(tooLarge(maxBytes));
      }
    });
    request.once('end', () => {
      isWhole = true;
      resolve(Buffer.concat(chunks));
    });
    request.once('error', broke);
    request.once('close', broke);
  });
}

/**
 * Lets go of a body that nobody read: a little of it is taken off the wire, so that a client that still
 * sends gets to see the answer, then the connection ends.
 */
export function drain(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = DRAIN_BYTES;
  request.removeAllListeners('data');
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

function tooLarge(maxBytes: number): ConfigError {
  const next = 'split it over several keys, or keep it elsewhere and store where';
  return new ConfigError(
    'HFS-1003',
    'the body is too large',
    `the limit is ${maxBytes} bytes`,
    next,
  );
}
