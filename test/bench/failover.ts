import { askOnce } from './http-client.js';
import { median } from './load.js';
import { inTurn, type Part, Samples } from './part.js';
import { pause } from './process.js';
import type { Member, System } from './system.js';

/** How often the users of each server that is left try again, over a connection of its own each time. */
const TRY_MS = 20;
const GIVE_UP_MS = 30_000;
const VALUE = Buffer.from('after the failure');

/** `kill -9` of all processes of the leader's node, to the first put that another server answers with yes. */
export const benchFailover: Part = async (setting) => {
  const { hekafs, etcd, amounts } = setting;
  const samples = new Samples();
  for (let round = 0; round < amounts.failovers; round++)
    for (const system of inTurn(setting, round)) {
      const ms = await failOver(system, round);
      samples.add(system, ms);
      setting.say(`failover ${round + 1}, ${system.name}: ${ms.toFixed(0)} ms`);
    }
  const row = (what: string, of: (times: readonly number[]) => number) => ({
    part: 'failover',
    what: `failover, ${what} of ${amounts.failovers}`,
    unit: 'ms' as const,
    hekafs: of(samples.of(hekafs)),
    etcd: etcd && of(samples.of(etcd)),
    detail: what === 'median' ? "kill -9 of the leader's node to the first put elsewhere" : '',
  });
  return [row('median', median), row('worst', (times) => Math.max(...times))];
};

async function failOver(system: System, round: number): Promise<number> {
  await system.settle();
  const leader = await system.leader();
  const others = system.members.filter(({ name }) => name !== leader.name);
  const start = performance.now();
  await system.kill(leader);
  await firstPut(system, others, `bench/failover-${round}`);
  const ms = performance.now() - start;
  await system.startAgain(leader);
  return ms;
}

async function firstPut(system: System, at: readonly Member[], key: string): Promise<void> {
  const deadline = performance.now() + GIVE_UP_MS;
  let isDone = false;
  while (!isDone) {
    if (performance.now() > deadline) throw new Error(`${system.name} took no put any more`);
    for (const { address } of at)
      askOnce(address, system.put(key, VALUE)).then(
        ({ status }) => {
          isDone ||= status === 200;
        },
        () => undefined,
      );
    for (let left = TRY_MS; left > 0 && !isDone; left--) await pause(1);
  }
}
