import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';

/** The extension of a ServerHello that names TLS 1.3 (RFC 8446, 4.2.1). */
const TLS13 = Buffer.from('002b00020304', 'hex');
const HANDSHAKE = 22;

/** Passes bytes on and looks at the first that the server says: which version of TLS is spoken. */
export class TlsTap {
  /** Undefined before a server has answered, or where it speaks no TLS. */
  version: 'TLSv1.2' | 'TLSv1.3' | undefined;
  private readonly server: Server;

  private constructor(to: number) {
    this.server = createServer((client) => {
      const far = createConnection({ host: '127.0.0.1', port: to });
      far.once('data', (hello: Buffer) => {
        if (hello[0] === HANDSHAKE) this.version = hello.includes(TLS13) ? 'TLSv1.3' : 'TLSv1.2';
      });
      client.pipe(far).pipe(client);
      for (const socket of [client, far]) {
        socket.on('error', () => undefined);
        socket.on('close', () => {
          client.destroy();
          far.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<TlsTap> {
    const tap = new TlsTap(port);
    await once(tap.server.listen(0, '127.0.0.1'), 'listening');
    return tap;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.server.close();
  }
}
