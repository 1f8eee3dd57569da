import { MAX_MESSAGE_BYTES } from '../config/message.js';
import type { PeerVerb } from '../config/peers.js';
import { checkPeer } from './http-access.js';
import { type Answer, badRequest, bytes, json, text } from './http-answer.js';
import { type Asked, flag, type Route, type Served } from './http-route.js';
import type { Status } from './verbs.js';

const MAX_JOIN_BYTES = 64 * 1024;

const PEER_VERBS = {
  join: true,
  push: true,
  propose: true,
  'read-index': true,
  inquire: true,
  'add-learner': true,
  examine: true,
  relay: true,
  copy: true,
  hail: true,
} as const satisfies Record<PeerVerb, true>;

/** What everybody may ask, and what nodes ask each other. */
export const STATUS_ROUTES: readonly Route[] = [
  { path: '/v1/status', actions: { GET: { need: 'public', handle: status } } },
  { path: '/v1/health/live', actions: { GET: { need: 'public', handle: live } } },
  {
    path: '/v1/health/ready',
    actions: { GET: { need: 'public', query: ['verbose'], handle: ready } },
  },
  { path: '/v1/servers', actions: { GET: { need: 'local', handle: servers } } },
  { path: '/v1/doctor', actions: { GET: { need: 'root', handle: doctor } } },
  { path: '/v1/peer/', actions: { POST: { need: 'peer', handle: peer } } },
];

function status(served: Served): Answer {
  return json(served.verbs.status());
}

async function servers(served: Served, asked: Asked): Promise<Answer> {
  return json(await served.verbs.servers(asked.asker));
}

/** 503 where only a new start of hekafsd helps: its own work hangs. Without a majority it is as alive as ever. */
function live(served: Served): Answer {
  const standstill = served.standstill();
  return standstill === undefined ? text('ok\n') : text(`${standstill}\n`, 503);
}

async function doctor(served: Served, asked: Asked): Promise<Answer> {
  return json(await served.verbs.doctor(asked.asker));
}

/** One line per check with `?verbose`; a check that is not well names itself in any case. */
function ready(served: Served, asked: Asked): Answer {
  const checks = checksOf(served.verbs.status());
  const isReady = checks.every((check) => check.isWell);
  const shown = flag(asked.query, 'verbose') ? checks : checks.filter((check) => !check.isWell);
  const lines = shown.map((check) => `[${check.isWell ? '+' : '-'}] ${check.name}: ${check.why}\n`);
  return text(`${lines.join('')}${isReady ? 'ok' : 'not ready'}\n`, isReady ? 200 : 503);
}

interface Check {
  readonly name: string;
  readonly isWell: boolean;
  readonly why: string;
}

function checksOf(status: Status): readonly Check[] {
  const serves = status.state === 'ready' || status.state === 'degraded';
  return [
    { name: 'state', isWell: serves, why: `${status.state}, ${status.summary}` },
    { name: 'mount', isWell: status.mount.verified, why: status.mount.why },
    {
      name: 'applied',
      isWell: status.heal.caughtUp,
      why: status.heal.caughtUp ? `revision ${status.revision}` : `${status.heal.behind} behind`,
    },
  ];
}

async function peer(served: Served, asked: Asked): Promise<Answer> {
  const verb = asked.rest;
  if (!isPeerVerb(verb))
    throw badRequest(
      `unknown verb ${JSON.stringify(verb)}`,
      'peers of this release do not ask that',
      'are all nodes on the same release? hfs_config status shows it',
    );
  if (verb !== 'join') checkPeer(asked.access, served.clusterSecret());
  const body = await asked.body(verb === 'join' ? MAX_JOIN_BYTES : MAX_MESSAGE_BYTES);
  return bytes(await served.peers.answer(verb, body));
}

function isPeerVerb(verb: string): verb is PeerVerb {
  return Object.hasOwn(PEER_VERBS, verb);
}
