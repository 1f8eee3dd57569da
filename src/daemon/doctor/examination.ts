import type { Server } from '../../config/members.js';
import { decodeMessage, encodeMessage } from '../../config/message.js';
import { decodeAnswer } from '../../config/peer-answer.js';
import { PeerError, type Peers } from '../../config/peers.js';
import type { Network } from '../../platform/network.js';
import type { Clock } from '../../platform/platform.js';
import { VERSION } from '../../version.js';
import { endpoint } from '../option-value.js';

/*
 * One node examines another: it asks for its release and its clock, and lets it dial back what the list of servers has of
 * the one who asks. Each side's own TCP connections tell the rest.
 */

const DIAL_MS = 1500;
const EXAMINE_MS = 3000;

/** How a port was found: empty where it answers, else why not. */
export type Reached = string;

export interface ExamineAnswer {
  readonly version: string;
  /** The asked one's wall clock when it began, and when it was done. */
  readonly receivedMs: number;
  readonly answeredMs: number;
  /** What it dialled of the one who asks; null where its list does not have that one. */
  readonly back: { readonly http: Reached; readonly brick: Reached } | null;
}

/** What a node has found out of another one. */
export interface Examined {
  readonly server: Server;
  /** From here: its HTTP and its brick. */
  readonly http: Reached;
  readonly brick: Reached;
  /** What it says itself; null where it cannot say. */
  readonly answer: ExamineAnswer | null;
  /** How far its clock is ahead of ours, half of the round trip taken off; milliseconds. */
  readonly aheadMs: number | null;
}

export interface Examiner {
  readonly clock: Clock;
  readonly network: Network;
  readonly peers: Peers;
  /** Node id of the one who asks. */
  readonly self: string;
}

/** Examines a server, within a few seconds whatever it does. */
export async function examine(from: Examiner, server: Server): Promise<Examined> {
  const [asked, brick] = await Promise.all([
    ask(from, server),
    dial(from.network, server.host, server.port),
  ]);
  return { server, brick, ...asked };
}

type Asked = Pick<Examined, 'http' | 'answer' | 'aheadMs'>;

async function ask({ clock, peers, self }: Examiner, { address }: Server): Promise<Asked> {
  const sentMs = clock.wallMs();
  try {
    const body = encodeMessage({ node: self });
    const reply = await peers.call(address, 'examine', body, EXAMINE_MS);
    const answer = answerOf(address, reply);
    const aheadMs = (answer.receivedMs - sentMs + (answer.answeredMs - clock.wallMs())) / 2;
    return { http: '', answer, aheadMs };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    const http = error.kind === 'refused' ? '' : error.message;
    return { http, answer: null, aheadMs: null };
  }
}

/** The other side: dials back whoever the list says that the asker is. */
export async function examined(
  network: Network,
  clock: Clock,
  servers: readonly Server[],
  body: Buffer,
): Promise<Buffer> {
  const receivedMs = clock.wallMs();
  const { node } = decodeMessage<{ node: string }>(body).json;
  const asker = servers.find((server) => server.node === node);
  const back = asker === undefined ? null : await dialBack(network, asker);
  return encodeMessage({ version: VERSION, receivedMs, answeredMs: clock.wallMs(), back });
}

async function dialBack(
  network: Network,
  { address, host, port }: Server,
): Promise<NonNullable<ExamineAnswer['back']>> {
  const at = endpoint(address);
  const [http, brick] = await Promise.all([
    dial(network, at.host, at.port),
    dial(network, host, port),
  ]);
  return { http, brick };
}

/** Connects and hangs up. */
export async function dial(network: Network, host: string, port: number): Promise<Reached> {
  try {
    const stream = await network.connect({ host, port }, () => SILENT, DIAL_MS);
    stream.close();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const SILENT = { data: () => undefined, drain: () => undefined, closed: () => undefined };

function answerOf(address: string, reply: Buffer): ExamineAnswer {
  const { version, receivedMs, answeredMs, back } = decodeAnswer<ExamineAnswer>(
    address,
    reply,
  ).json;
  if (
    typeof version !== 'string' ||
    typeof receivedMs !== 'number' ||
    typeof answeredMs !== 'number'
  )
    throw new PeerError(address, 'unknown', 'its answer is not one of hekafsd');
  return { version, receivedMs, answeredMs, back: back ?? null };
}
