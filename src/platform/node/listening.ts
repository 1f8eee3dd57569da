import type { Server } from 'node:net';
import { type Endpoint, type Listener, NetworkError } from '../network.js';

const KEEPALIVE_AFTER_MS = 20_000;
export const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
} as const;
const BACKLOG = 1024;

/** Has a server listen there. Throws a NetworkError. */
export function listenWith(server: Server, at: Endpoint): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new NetworkError(codeOf(error), at)));
    server.listen({ host: at.host, port: at.port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error');
      // What goes wrong with one connection to be accepted (EMFILE, say) is no reason to end the others.
      server.on('error', () => undefined);
      resolve(listenerOf(server, at));
    });
  });
}

function listenerOf(server: Server, at: Endpoint): Listener {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    endpoint: { host: at.host, port },
    async close() {
      // Its callback waits for the accepted connections, which live on; the port is free at once.
      server.close();
    },
  };
}

/** The name of what went wrong, `EIO` where it has none. */
export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}
