import { Socket, type SocketConstructorOpts } from 'node:net';
import { SocketStream } from './socket-stream.js';

interface OwnBufferOptions extends SocketConstructorOpts {
  readonly handle: object;
  readonly onread: {
    readonly buffer: Uint8Array;
    /** False would stop the reading. */
    readonly callback: (size: number) => boolean;
  };
}

/** All accepted sockets are read into this, one after the other; who is told copies what it wants to keep. */
const received = Buffer.alloc(256 * 1024);

/**
 * The stream of a socket that was accepted with `pauseOnConnect`. Node would make a new buffer of 64 KiB for each read; it
 * takes the caller's for sockets that the caller makes, and those that a server accepts it makes itself. So the
 * connection is handed to a socket made here, where this version of Node lets us.
 */
export function acceptedStream(accepted: Socket): SocketStream {
  const handle = '_handle' in accepted ? accepted._handle : undefined;
  if (typeof handle !== 'object' || handle === null) {
    accepted.resume();
    return new SocketStream(accepted);
  }
  let take: ((chunk: Buffer) => void) | undefined;
  const callback = (size: number): boolean => {
    take?.(received.subarray(0, size));
    return true;
  };
  const options: OwnBufferOptions = { handle, onread: { buffer: received, callback } };
  const socket = new Socket(options);
  return new SocketStream(socket, (told) => {
    take = told;
    socket.resume();
  });
}
