import { spawnSync } from 'node:child_process';
import { median } from './load.js';
import { inTurn, type Part, Samples, type Setting } from './part.js';
import { putMany } from './rates.js';
import type { Resident, System } from './system.js';
import type { Row } from './table.js';

const STARTS = 3;

/** SIGTERM of a server that does not lead, then from its start until it serves. */
export const benchStart: Part = async (setting) => {
  const samples = new Samples();
  for (let round = 0; round < STARTS; round++)
    for (const system of inTurn(setting, round)) {
      const ms = await restart(system);
      samples.add(system, ms);
      setting.say(`start, ${system.name}: ${ms.toFixed(0)} ms`);
    }
  const { hekafs, etcd } = setting;
  return [
    {
      part: 'start',
      what: `start to mounted, median of ${STARTS}`,
      unit: 'ms',
      hekafs: median(samples.of(hekafs)),
      etcd: etcd && median(samples.of(etcd)),
      detail: 'hekafs: ready, values applied; etcd: /health says yes',
    },
  ];
};

async function restart(system: System): Promise<number> {
  await system.settle();
  const leader = await system.leader();
  const member = system.members.find(({ name }) => name !== leader.name) ?? leader;
  await system.stop(member);
  return system.startAgain(member);
}

/** Resident memory after many puts of 256 bytes to 500 keys. */
export const benchMemory: Part = async (setting) => {
  const { hekafs, etcd, amounts } = setting;
  const systems = etcd ? [hekafs, etcd] : [hekafs];
  const found = new Map<System, readonly Resident[]>();
  for (const system of systems) {
    setting.say(`memory, ${system.name}: ${amounts.puts} puts`);
    await putMany(system, amounts.puts);
    await system.settle();
    found.set(system, await system.memory());
  }
  return memoryRows(setting, found);
};

function memoryRows(
  { hekafs, etcd, amounts }: Setting,
  found: ReadonlyMap<System, readonly Resident[]>,
): Row[] {
  const most = (system: System | undefined, isOf: (role: string) => boolean): number => {
    const mine = (system && found.get(system)) ?? [];
    return Math.max(...mine.filter(({ role }) => isOf(role)).map(({ mb }) => mb));
  };
  const sum = (system: System): number =>
    (found.get(system) ?? []).reduce((total, { mb }) => total + mb, 0);
  const row = (what: string, ours: number, theirs: number | undefined, detail: string): Row => ({
    part: 'memory',
    what: `memory, ${what}, after ${amounts.puts} puts`,
    unit: 'MB',
    hekafs: ours,
    etcd: theirs,
    detail,
  });
  const of = (name: string) => (role: string) => role === name;
  const both = (name: string) => [most(hekafs, of(name)), etcd && most(etcd, of(name))] as const;
  return [
    row('leader', ...both('leader'), 'hekafsd; etcd'),
    row('follower', ...both('follower'), 'the larger one'),
    row('brick', most(hekafs, of('brick')), undefined, 'the largest; etcd has none'),
    row('all processes', sum(hekafs), etcd && sum(etcd), 'three servers'),
  ];
}

/** The time of a whole program that prints one value, beside a Node that does nothing. */
export const benchCommand: Part = async (setting) => {
  const { hekafs, etcd, amounts } = setting;
  for (const system of etcd ? [hekafs, etcd] : [hekafs]) await putMany(system, 1);
  const floor = [process.execPath, '-e', '0'];
  const programs = {
    floor,
    hekafs: await getCommand(hekafs),
    etcd: etcd && (await getCommand(etcd)),
  };
  const times = { floor: [] as number[], hekafs: [] as number[], etcd: [] as number[] };
  for (let count = 0; count < amounts.commands; count++)
    for (const name of ['floor', 'hekafs', 'etcd'] as const) {
      const words = programs[name];
      if (words) times[name].push(wallMs(words));
    }
  const [ours, node] = [median(times.hekafs), median(times.floor)];
  const detail = `hfs_config get; etcdctl get; node -e 0 alone ${node.toFixed(1)} ms`;
  const what = `command that gets one value, median of ${amounts.commands}`;
  const theirs = etcd && median(times.etcd);
  return [{ part: 'command', what, unit: 'ms', hekafs: ours, etcd: theirs, detail }];
};

async function getCommand(system: System): Promise<readonly string[]> {
  return system.getCommand(await system.leader(), 'bench/k0');
}

function wallMs([program = '', ...words]: readonly string[]): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  const ms = performance.now() - start;
  const isFloor = words[0] === '-e';
  if (status !== 0 || (!isFloor && stdout.length < 256))
    throw new Error(`${program} ${words.join(' ')}: ${stderr}${stdout}`);
  return ms;
}
