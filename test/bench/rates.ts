import { HttpClient } from './http-client.js';
import { measure, median, type Rate } from './load.js';
import { inTurn, type Part, Samples, type Setting } from './part.js';
import type { Member, System } from './system.js';
import type { Row } from './table.js';

const VALUE = Buffer.alloc(256, 'v');
const KEYS = 500;
const CLIENTS = [1, 16, 64];

type Kind = 'put' | 'get' | 'stale';

const NAMES: Readonly<Record<Kind, string>> = {
  put: 'put',
  get: 'get, linearizable',
  stale: 'get, stale',
};

/** Puts of 256 bytes to 500 keys, at the leader. */
export const benchPut: Part = (setting) => ratesOf(setting, 'put');
export const benchGet: Part = (setting) => ratesOf(setting, 'get');
export const benchStale: Part = (setting) => ratesOf(setting, 'stale');

/** The same at a server that does not lead. */
export const benchFollower: Part = async (setting) => [
  ...(await ratesOf(setting, 'put', 'follower')),
  ...(await ratesOf(setting, 'get', 'follower')),
];

async function ratesOf(
  setting: Setting,
  kind: Kind,
  at: 'leader' | 'follower' = 'leader',
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const clients of CLIENTS) rows.push(await rateRow(setting, kind, at, clients));
  return rows;
}

async function rateRow(
  setting: Setting,
  kind: Kind,
  at: 'leader' | 'follower',
  clients: number,
): Promise<Row> {
  const { hekafs, etcd, amounts } = setting;
  const what = `${NAMES[kind]}, ${clients} client${clients === 1 ? '' : 's'}, at the ${at}`;
  const samples = new Samples<Rate>();
  for (let round = 0; round < amounts.rounds; round++)
    for (const system of inTurn(setting, round)) {
      const rate = await oneRound(system, kind, at, clients, amounts.seconds * 1000);
      samples.add(system, rate);
      setting.say(`${what}, ${system.name}: ${rate.perSecond.toFixed(0)}/s`);
    }
  return {
    part: at === 'leader' ? kind : at,
    what,
    unit: '/s',
    hekafs: perSecond(samples.of(hekafs)),
    etcd: etcd && perSecond(samples.of(etcd)),
    detail: [hekafs, ...(etcd ? [etcd] : [])]
      .map((system) => `${system.name} ${latencyText(samples.of(system))}`)
      .join('; '),
  };
}

function perSecond(rates: readonly Rate[]): number {
  return median(rates.map((rate) => rate.perSecond));
}

function latencyText(rates: readonly Rate[]): string {
  const p50 = median(rates.map(({ p50Ms }) => p50Ms)).toFixed(2);
  const p99 = median(rates.map(({ p99Ms }) => p99Ms)).toFixed(2);
  const failed = rates.reduce((sum, rate) => sum + rate.failed, 0);
  return `p50 ${p50} p99 ${p99} ms${failed > 0 ? `, ${failed} FAILED` : ''}`;
}

async function place(system: System, at: 'leader' | 'follower'): Promise<Member> {
  const leader = await system.leader();
  const other = system.members.find(({ name }) => name !== leader.name);
  return at === 'leader' || other === undefined ? leader : other;
}

async function oneRound(
  system: System,
  kind: Kind,
  at: 'leader' | 'follower',
  clients: number,
  ms: number,
): Promise<Rate> {
  await system.settle();
  const member = await place(system, at);
  const users = Array.from({ length: clients }, () => new HttpClient(member.address));
  try {
    await expect(users[0], system, 'put', 'bench/k0');
    return await measure(clients, ms, (client, count) =>
      expect(users[client], system, kind, keyOf(kind, client, count)),
    );
  } finally {
    for (const user of users) user.close();
  }
}

function keyOf(kind: Kind, client: number, count: number): string {
  return `bench/k${kind === 'put' ? (client * 7919 + count) % KEYS : 0}`;
}

/** One operation; throws where it was not done, or a read came without the value. */
async function expect(
  user: HttpClient | undefined,
  system: System,
  kind: Kind,
  key: string,
): Promise<void> {
  const asked = kind === 'put' ? system.put(key, VALUE) : system.get(key, kind === 'stale');
  const answer = await user?.send(asked);
  const isWhole = kind === 'put' || (answer?.body.length ?? 0) >= VALUE.length;
  if (answer?.status !== 200 || !isWhole) throw new Error(`${answer?.status} ${answer?.body}`);
}

/** Puts over 64 connections until `count` are done. */
export async function putMany(system: System, count: number): Promise<void> {
  const member = await system.leader();
  const users = Array.from({ length: 64 }, () => new HttpClient(member.address));
  let next = 0;
  const loop = async (user: HttpClient): Promise<void> => {
    while (next < count) await expect(user, system, 'put', `bench/k${next++ % KEYS}`);
  };
  try {
    await Promise.all(users.map(loop));
  } finally {
    for (const user of users) user.close();
  }
}
