import { ConfigError, type Problem } from './error.js';
import { decodeAnswer } from './peer-answer.js';
import { PeerError, type Peers } from './peers.js';
import type { Outcome } from './store.js';
import { encodeProposals, type ForwardedProposal, type ProposeAnswer } from './words.js';

interface Waiting {
  readonly proposal: ForwardedProposal;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** Messages under way at once; what comes meanwhile travels together in the next one. */
const MAX_UNDER_WAY = 2;
const MAX_AT_ONCE = 256;
const MAX_BYTES = 4 * 1024 * 1024;
/** No longer is waited for one answer: the leader may be gone, and another one be there already. */
const MAX_WAIT_MS = 2000;
/** The leader's own deadline comes first; its answer needs a moment. */
const MARGIN_MS = 100;

/** Passes requests on to the leader at one address, several in one message. */
export class Forwarder {
  private readonly queue: Waiting[] = [];
  private underWay = 0;

  constructor(
    private readonly peers: Peers,
    private readonly address: string,
  ) {}

  /** What the leader answered: an Outcome, or its ConfigError; a PeerError where no answer came. */
  propose(proposal: ForwardedProposal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.queue.push({ proposal, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    if (this.underWay >= MAX_UNDER_WAY || this.queue.length === 0) return;
    const batch = this.take();
    this.underWay++;
    this.send(batch)
      .catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      })
      .finally(() => {
        this.underWay--;
        this.next();
      });
  }

  private take(): Waiting[] {
    let bytes = 0;
    const end = this.queue.findIndex(({ proposal: { command } }, index) => {
      bytes += command.op === 'put' ? command.value.length : 0;
      return index > 0 && (bytes > MAX_BYTES || index >= MAX_AT_ONCE || command.op === 'init');
    });
    return this.queue.splice(0, end === -1 ? this.queue.length : end);
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    const proposals = batch.map(({ proposal }) => ({
      ...proposal,
      timeoutMs: Math.min(MAX_WAIT_MS, proposal.timeoutMs),
    }));
    const timeoutMs = Math.max(...proposals.map((each) => each.timeoutMs)) + MARGIN_MS;
    const body = encodeProposals(proposals);
    const answer = await this.peers.call(this.address, 'propose', body, timeoutMs);
    const { answers } = decodeAnswer<{ answers: ProposeAnswer[] }>(this.address, answer).json;
    batch.forEach(({ resolve, reject }, index) => {
      const one = answers?.[index];
      if (one === undefined) reject(new PeerError(this.address, 'unknown', 'an answer is missing'));
      else if ('problem' in one) reject(errorOf(one.problem));
      else resolve(one);
    });
  }
}

function errorOf({ code, what, why, next }: Problem): ConfigError {
  return new ConfigError(code, what, why, next);
}
