import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerVerb } from '../../../src/config/peers.js';
import { type RunningHttp, serveHttp } from '../../../src/daemon/http.js';
import type { HttpLimits } from '../../../src/daemon/http-server.js';
import { nodeClock } from '../../../src/platform/node/clock.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import { FakeVerbs } from './fake-verbs.js';

export const TOKEN = 'the-token-of-the-state-dir';
export const SECRET = 'the-secret-of-the-cluster';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly isSocket?: boolean;
}

/** A hekafsd's HTTP before a FakeVerbs, on a free port and a socket of its own. */
export class HttpFixture {
  readonly verbs = new FakeVerbs();
  readonly bugs: unknown[] = [];
  readonly peerCalls: { readonly verb: PeerVerb; readonly body: Buffer }[] = [];
  secret: string | undefined = SECRET;
  standstill: string | undefined;
  isStarted = true;
  answerPeer: (verb: PeerVerb, body: Buffer) => Promise<Buffer> = async (_verb, body) => body;
  /** As a state directory: with the socket, and the token. */
  readonly directory = mkdtempSync(join(tmpdir(), 'hekafs-http-'));
  private http: RunningHttp | undefined;

  async start(limits?: HttpLimits): Promise<void> {
    writeFileSync(join(this.directory, 'token'), `${TOKEN}\n`);
    const served = {
      verbs: this.verbs,
      clusterSecret: () => this.secret,
      standstill: () => this.standstill,
      relay: undefined,
      peers: {
        answer: (verb: PeerVerb, body: Buffer) => {
          this.peerCalls.push({ verb, body });
          return this.answerPeer(verb, body);
        },
      },
    };
    this.http = await serveHttp({
      at: { host: '127.0.0.1', port: 0 },
      socketPath: this.socketPath,
      token: TOKEN,
      served: () => (this.isStarted ? served : undefined),
      clock: nodeClock,
      random: nodeRandom,
      onBug: (error) => void this.bugs.push(error),
      ...(limits === undefined ? {} : { limits }),
    });
  }

  async stop(): Promise<void> {
    await this.http?.close();
    rmSync(this.directory, { recursive: true });
  }

  get socketPath(): string {
    return join(this.directory, 'hekafsd.sock');
  }

  get port(): number {
    return this.http?.endpoint.port ?? 0;
  }

  ask(path: string, options: AskOptions = {}): Promise<Reply> {
    const { method = 'GET', headers = {}, body, isSocket = false } = options;
    const target = isSocket ? { socketPath: this.socketPath } : { port: this.port };
    return new Promise((resolve, reject) => {
      const sent = request({ ...target, path, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** As root: over the socket. */
  root(path: string, options: AskOptions = {}): Promise<Reply> {
    return this.ask(path, { ...options, isSocket: true });
  }

  /** Sends bytes as they are and answers what came back until the connection ended. */
  raw(bytes: string | Buffer): Promise<string> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(this.port, '127.0.0.1', () => void socket.write(bytes));
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    });
  }
}

/** The code in an error body. */
export function codeOf(reply: Reply): string {
  return (JSON.parse(reply.body.toString()) as { code: string }).code;
}
