import { ByteReader, ByteWriter, FormatError } from './log/bytes.js';

/*
 * What nodes say to each other in a body: u32 length, JSON, then blobs, each with its u32 length before it.
 */

/** Bounds what a peer can make this process hold: of a question, and of an answer that was relayed. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface Message<T> {
  readonly json: T;
  readonly blobs: readonly Buffer[];
}

export function encodeMessage(json: unknown, blobs: readonly Buffer[] = []): Buffer {
  const writer = new ByteWriter().blob(Buffer.from(JSON.stringify(json), 'utf8'));
  for (const blob of blobs) writer.blob(blob);
  return writer.finish();
}

/** Reads a message; `T` is what the peer promises to have sent, checked by whoever uses it. Throws a FormatError. */
export function decodeMessage<T>(body: Buffer): Message<Partial<T>> {
  const reader = new ByteReader(body);
  const json: unknown = parseJson(reader.blob());
  const blobs: Buffer[] = [];
  while (reader.left > 0) blobs.push(reader.blob());
  if (json === null || typeof json !== 'object') throw new FormatError('not a JSON object', 0);
  return { json: json as Partial<T>, blobs };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FormatError('not JSON', 0);
  }
}
