import { type Code, ConfigError, type Problem } from '../config/error.js';
import { decodeMessage, encodeMessage } from '../config/message.js';
import { decodeAnswer } from '../config/peer-answer.js';
import { PeerError, type Peers } from '../config/peers.js';
import { type Clock, sleep } from '../platform/platform.js';
import { type Answer, readProblem } from './http-answer.js';
import type { Asker } from './verbs.js';

/** A request as it travels from a node that does not serve to one that does. */
export interface RelayedRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RelayContext {
  readonly clock: Clock;
  readonly peers: Peers;
  /** The likeliest to answer first. */
  addresses(): readonly string[];
  note(address: string, isGood: boolean): void;
}

interface RelayWords extends Omit<RelayedRequest, 'body'> {
  readonly asker: Asker;
}

interface AnswerWords {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** What another server may answer better: it has no majority, is no server any more, or not yet. */
const ELSEWHERE: ReadonlySet<Code> = new Set<Code>([
  'HFS-2001',
  'HFS-2002',
  'HFS-2004',
  'HFS-2005',
  'HFS-2006',
  'HFS-3008',
]);
/** After these nobody knows whether a write happened. */
const OPEN: readonly Code[] = ['HFS-2002', 'HFS-2005'];
const PAUSE_MS = 100;
const MARGIN_MS = 200;
const MIN_TRY_MS = 500;
/** For each server that may have to be asked after this one. */
const RESERVE_MS = 3000;

/**
 * Passes requests on to a server, and to the next one where it is down, slow, or has no majority within the
 * time that is left. A write is repeated under its request id, so it happens once.
 */
export class Relay {
  constructor(private readonly context: RelayContext) {}

  /** What a server answered, also a refusal. Throws HFS-3011 where none did, HFS-2002 where a write may have happened. */
  async ask(request: RelayedRequest, asker: Asker): Promise<Answer> {
    const deadline = this.context.clock.monotonicMs() + asker.timeoutMs;
    const left = (): number => deadline - this.context.clock.monotonicMs();
    const failures = new Failures(request.method !== 'GET');
    do {
      const addresses = this.context.addresses();
      for (const [index, address] of addresses.entries()) {
        if (left() <= 0) break;
        const timeoutMs = shareOf(left(), addresses.length - index);
        const answer = await this.tryAt(address, request, { ...asker, timeoutMs }, failures);
        if (answer) return answer;
      }
      await sleep(this.context.clock, Math.min(PAUSE_MS, Math.max(1, left())));
    } while (left() > 0);
    throw failures.final();
  }

  private async tryAt(
    address: string,
    request: RelayedRequest,
    asker: Asker,
    failures: Failures,
  ): Promise<Answer | undefined> {
    const { peers } = this.context;
    try {
      const body = encodeRelayed(request, asker);
      const said = await peers.call(address, 'relay', body, asker.timeoutMs + MARGIN_MS);
      const answer = relayedAnswer(address, said);
      const problem = answer.status >= 300 ? readProblem(answer.body) : undefined;
      const isFinal = problem === undefined || !ELSEWHERE.has(problem.code);
      this.context.note(address, isFinal);
      if (isFinal) return answer;
      failures.answered(problem);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.context.note(address, false);
      failures.silent(error);
    }
    return undefined;
  }
}

/** How long one server may take, so that some is left for those that come after it. */
function shareOf(leftMs: number, servers: number): number {
  const kept = Math.min(RESERVE_MS, leftMs / servers) * (servers - 1);
  return Math.max(1, Math.min(leftMs, Math.max(MIN_TRY_MS, leftMs - kept)));
}

/** What became of the tries so far, and what is said when the time is up. */
class Failures {
  private last: Problem | undefined;
  private isOpen = false;
  private readonly silence = new Map<string, string>();

  constructor(private readonly isWrite: boolean) {}

  answered(problem: Problem): void {
    this.last = problem;
    this.isOpen ||= OPEN.includes(problem.code);
  }

  silent(error: PeerError): void {
    this.silence.set(error.address, error.message);
    this.isOpen ||= error.kind === 'unknown';
  }

  final(): ConfigError {
    const { last } = this;
    const why = last
      ? `${last.what}: ${last.why}`
      : [...this.silence.values()].join('; ') || 'this node knows the address of none';
    if (this.isWrite && this.isOpen)
      return new ConfigError(
        'HFS-2002',
        'outcome unknown: it may or may not have happened',
        why,
        'repeat it with the same request id, or look whether it happened',
      );
    if (last) return new ConfigError(last.code, last.what, last.why, last.next);
    return new ConfigError(
      'HFS-3011',
      'no server of the cluster answers',
      why,
      'start a server; if the servers have moved, give their addresses with --members',
    );
  }
}

export function encodeRelayed({ body, ...request }: RelayedRequest, asker: Asker): Buffer {
  return encodeMessage({ ...request, asker } satisfies RelayWords, [body]);
}

/** Throws HFS-1001 for anything else than a request. */
export function decodeRelayed(message: Buffer): { request: RelayedRequest; asker: Asker } {
  const { json, blobs } = decodeMessage<RelayWords>(message);
  const { method, url, headers, asker } = json;
  const isFit =
    typeof method === 'string' &&
    typeof url === 'string' &&
    typeof headers === 'object' &&
    typeof asker?.isRoot === 'boolean' &&
    typeof asker.requestId === 'string' &&
    typeof asker.timeoutMs === 'number';
  if (!isFit || headers === undefined || asker === undefined)
    throw new ConfigError(
      'HFS-1001',
      'a relayed request without its fields',
      'unintelligible',
      'are all nodes on the same release?',
    );
  return { request: { method, url, headers, body: blobs[0] ?? Buffer.alloc(0) }, asker };
}

export function encodeAnswer({ body, ...words }: Answer): Buffer {
  return encodeMessage(words satisfies AnswerWords, [body]);
}

function relayedAnswer(address: string, said: Buffer): Answer {
  const { json, blobs } = decodeAnswer<AnswerWords>(address, said);
  return {
    status: json.status ?? 500,
    headers: json.headers ?? {},
    body: blobs[0] ?? Buffer.alloc(0),
  };
}
