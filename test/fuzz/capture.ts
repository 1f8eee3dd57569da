import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RecordParser } from '../../src/rpc/record.js';
import { interopMissing, stockMount } from '../interop/stock-client.js';
import type { Target } from './target.js';

/** What a client does in a day, in a second. */
const SESSION = `
mkdir -p d/e && echo one > d/f && cat d/f && cp d/f d/g && ln d/f d/h && ln -s f d/s && mv d/g d/e/g
dd if=/dev/zero of=d/big bs=128k count=4 conv=fsync && truncate -s 1000 d/big && ls -la d && chmod 600 d/f
touch -d 2001-01-01 d/f && setfattr -n user.colour -v blue d/f && getfattr -d d/f && setfattr -x user.colour d/f
mkfifo d/p && df . && stat d/f && fallocate -l 100000 d/big && flock d/f true && find . && rm -r d/e d/h
`;

const volfile = (port: number): string => `
volume client
    type protocol/client
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume fuzzed
end-volume
`;

/** The calls that a stock client makes while it is used; none where it cannot mount here. */
export async function capture(target: Target): Promise<readonly Buffer[]> {
  const missing = interopMissing();
  if (missing !== undefined) {
    process.stderr.write(`no session of a stock client: ${missing}\n`);
    return [];
  }
  const records: Buffer[] = [];
  const tap = await listen(target.port, records);
  try {
    const mount = await stockMount(target.directory, 'capture', volfile(portOf(tap)));
    await promisify(execFile)('sh', ['-ec', SESSION], { cwd: join(mount.path) });
    await mount.unmount();
  } finally {
    tap.close();
  }
  return records;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Passes bytes on between a client and the brick, and keeps the client's records. */
async function listen(port: number, records: Buffer[]): Promise<Server> {
  const server = createServer((client: Socket) => {
    const brick = connect(port, '127.0.0.1');
    const parser = new RecordParser();
    client.on('data', (chunk: Buffer) => {
      parser.push(Buffer.from(chunk));
      for (let record = parser.next(); record !== undefined; record = parser.next())
        records.push(Buffer.from(record));
    });
    client.pipe(brick).pipe(client);
    for (const socket of [client, brick]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        brick.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
