import { ConfigError } from '../config/error.js';
import { NetworkError } from '../platform/network.js';
import { whyTaken } from '../platform/node/port-holder.js';
import type { Node } from './node.js';
import { serveVolfiles, type VolfileServer } from './volfile-server.js';

/** Opens GlusterFS's management port of this node: volfiles and brick ports for stock clients. Throws HFS-5001. */
export async function openManagementPort(node: Node): Promise<VolfileServer> {
  const { platform, options, http, log } = node.setup;
  const at = { host: http.host, port: options.mgmtPort };
  try {
    const server = await serveVolfiles(platform, at, {
      volfile: (id) => volfileFor(node, id),
      brickPort: (brick) => brickPort(node, brick),
    });
    log.info('management port', { ...server.endpoint });
    return server;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    const isTaken = error.code === 'EADDRINUSE';
    throw new ConfigError(
      'HFS-5001',
      `management port ${at.port} cannot be used`,
      isTaken ? whyTaken(at.port) : error.message,
      'choose another one with --mgmt-port N',
      error,
    );
  }
}

/** The config volfile carries the readers' password: it is not given to other machines this way. */
function volfileFor(node: Node, id: string): string | undefined {
  const isLocal = /^(127\.|::1$)/.test(node.setup.http.host);
  if (id.replace(/^\//, '') !== 'config' || !isLocal || node.config === undefined) return undefined;
  return node.clientVolfile();
}

function brickPort(node: Node, brick: string): number | undefined {
  const own = node.state.data.brick;
  if (own === null) return undefined;
  return brick === `${own.path}/values` || brick === `${own.path}/journal` ? own.port : undefined;
}
