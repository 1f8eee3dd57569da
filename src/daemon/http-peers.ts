import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import fetch from 'node-fetch';
import { MAX_MESSAGE_BYTES } from '../config/message.js';
import { PeerError, type PeerStatus, type Peers, type PeerVerb } from '../config/peers.js';
import type { Clock } from '../platform/platform.js';
import { readProblem } from './http-answer.js';

/** What is asked may be long, answers are not: a status, a list of servers, an outcome for each of a few hundred requests. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MEDIA = { status: 'application/json', call: 'application/octet-stream' } as const;
/** Connections per peer: one for the stream of commits, the others for what must not wait behind it. */
const POOL = 4;
/** Shorter than the server keeps an idle connection, so that no request is sent into a closing one. */
const IDLE_MS = 30_000;
/** Addresses of long ago are forgotten beyond so many. */
const MAX_POOLS = 256;

/** Words between nodes over HTTP, as `Peers` promises them. */
export class HttpPeers implements Peers {
  private readonly agents = new Map<string, Agent>();

  /** `secret` is asked at each call: a node learns the cluster's secret when it joins. */
  constructor(
    private readonly secret: () => string | undefined,
    private readonly clock: Clock,
  ) {}

  async status(address: string, timeoutMs: number): Promise<PeerStatus> {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    try {
      const answer = await fetch(`http://${address}/v1/status`, {
        signal,
        redirect: 'error',
        size: MAX_ANSWER_BYTES,
        agent: this.agent(address),
      });
      const type = answer.headers.get('content-type');
      if (!answer.ok || type !== MEDIA.status) throw new Error(foreign(answer.status, type));
      return peerStatus(await answer.json());
    } catch (error) {
      const why = signal.aborted ? `no status within ${timeoutMs} ms` : messageOf(error);
      throw new PeerError(address, 'unknown', why);
    }
  }

  async call(address: string, verb: PeerVerb, body: Buffer, timeoutMs: number): Promise<Buffer> {
    const { host, port } = endpointOf(address);
    const secret = verb === 'join' ? undefined : this.secret();
    const headers: Record<string, string | number> = {
      'Content-Type': 'application/octet-stream',
      'Content-Length': body.length,
      'HFS-Timeout': Math.max(0.001, timeoutMs / 1000),
    };
    if (secret !== undefined) headers['Authorization'] = `Bearer ${secret}`;
    const path = `/v1/peer/${verb}`;
    const agent = this.agent(address);
    const sent = request({ host, port, path, method: 'POST', headers, agent });
    const maxBytes = verb === 'relay' ? MAX_MESSAGE_BYTES : MAX_ANSWER_BYTES;
    return settled(address, sent, body, { clock: this.clock, timeoutMs, maxBytes });
  }

  /** Ends idle connections; those under way end with their calls. */
  close(): void {
    for (const agent of this.agents.values()) agent.destroy();
    this.agents.clear();
  }

  private agent(address: string): Agent {
    const known = this.agents.get(address);
    if (known) return known;
    this.forgetOldest();
    const agent = new Agent({ keepAlive: true, maxSockets: POOL, timeout: IDLE_MS });
    this.agents.set(address, agent);
    return agent;
  }

  private forgetOldest(): void {
    const [oldest] = this.agents;
    if (oldest === undefined || this.agents.size < MAX_POOLS) return;
    oldest[1].destroy();
    this.agents.delete(oldest[0]);
  }
}

interface Bounds {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Waits for the answer. What kind of failure it is depends on whether a connection was made: without one,
 * nothing was sent, and destroying the request makes sure that nothing will be.
 */
function settled(
  address: string,
  sent: ClientRequest,
  body: Buffer,
  { clock, timeoutMs, maxBytes }: Bounds,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const fail = (why: string): void => {
      timer.cancel();
      sent.destroy();
      reject(new PeerError(address, isConnected ? 'unknown' : 'unreachable', why));
    };
    const timer = clock.after(Math.max(1, timeoutMs), () =>
      fail(`no answer within ${timeoutMs} ms`),
    );
    sent.once('socket', (socket) => {
      if (!socket.connecting) isConnected = true;
      else socket.once('connect', () => (isConnected = true));
    });
    sent.on('error', (error) => fail(messageOf(error)));
    sent.once('response', (response) => {
      collect(response, maxBytes).then(
        (answer) => {
          timer.cancel();
          const type = response.headers['content-type'] ?? null;
          if (response.statusCode === 200 && type === MEDIA.call) resolve(answer);
          else reject(refusal(address, response.statusCode ?? 0, type, answer));
        },
        (error: unknown) => fail(messageOf(error)),
      );
    });
    sent.end(body);
  });
}

function collect(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(new Error('what answers has no end: it is no hekafsd'));
    });
    response.once('end', () => resolve(Buffer.concat(chunks)));
    response.once('error', reject);
    response.once('close', () => {
      if (!response.readableEnded) reject(new Error('the answer broke off'));
    });
  });
}

/** An answer that is no problem of ours came from something else than hekafsd. */
function refusal(address: string, status: number, type: string | null, body: Buffer): PeerError {
  const problem = readProblem(body);
  if (problem === undefined) return new PeerError(address, 'unknown', foreign(status, type));
  const isOutcomeOpen = problem.code === 'HFS-2005' || problem.code === 'HFS-9001';
  const why = `${problem.what}: ${problem.why}`;
  return new PeerError(address, isOutcomeOpen ? 'unknown' : 'refused', why, problem);
}

function foreign(status: number, type: string | null): string {
  return `what answers is no hekafsd: HTTP status ${status}, ${type ?? 'of no type'}`;
}

/** What a peer says of itself is checked here, once. */
export function peerStatus(body: unknown): PeerStatus {
  const fields = typeof body === 'object' && body !== null ? body : {};
  const { node, name, cluster, server, state, revision, epoch } = fields as Record<string, unknown>;
  const isFit =
    isShortText(node) &&
    isShortText(name) &&
    isShortText(state) &&
    (cluster === null || isShortText(cluster)) &&
    typeof server === 'boolean' &&
    isCount(revision) &&
    isCount(epoch);
  if (!isFit) throw new Error('its status is not one of hekafsd');
  return { node, name, cluster, server, state, revision, epoch, ...moreOf(fields) };
}

/** What an older release does not say, or says otherwise. */
function moreOf(fields: object): Pick<PeerStatus, 'instance' | 'caughtUp' | 'behind'> {
  const { instance, heal } = fields as { instance?: unknown; heal?: unknown };
  const { caughtUp, behind } = (heal ?? {}) as { caughtUp?: unknown; behind?: unknown };
  return {
    ...(isShortText(instance) ? { instance } : {}),
    ...(typeof caughtUp === 'boolean' ? { caughtUp } : {}),
    ...(isCount(behind) ? { behind } : {}),
  };
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 256;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function endpointOf(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(at + 1)) };
}

/** Without the address, which is said already. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return 'nobody listens';
  return error.message.replace(/^request to \S+ failed, reason: /, '');
}
