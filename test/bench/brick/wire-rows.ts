import { child } from './child.js';
import { type Comparison, compare } from './comparison.js';
import type { Engine, EngineName } from './engine.js';
import type { LoadName } from './requests.js';
import type { BrickSetting } from './setting.js';
import type { CrowdFigures, RawTask } from './tasks.js';

const DEPTHS = [1, 16];
/** glusterfsd 10.3 was seen to stop answering when sixteen requests are under way over TLS. */
const TLS_DEPTHS = [1];
const IDLE = 1000;
const BUSY = 100;

function ask(engine: Engine, task: RawTask): Promise<unknown> {
  return child('raw-load', `${engine.port}`, JSON.stringify(task));
}

/** One connection, so many requests under way. */
export async function rateRows(
  { engines, amounts, say }: BrickSetting,
  loads: readonly LoadName[],
): Promise<Comparison[]> {
  const rows: Comparison[] = [];
  const { rounds, ms } = amounts;
  const isSecure = engines.some(({ certificates }) => certificates !== undefined);
  for (const load of loads)
    for (const depth of isSecure ? TLS_DEPTHS : DEPTHS) {
      const measure = async (engine: Engine): Promise<number> =>
        Number(
          await ask(engine, { do: 'rate', load, depth, ms, certificates: engine.certificates }),
        );
      rows.push(
        await compare(
          engines,
          rounds,
          `${load}${isSecure ? ', TLS' : ''}, depth ${depth}`,
          '/s',
          measure,
          say,
        ),
      );
    }
  return rows;
}

/** Resident memory after files were made and looked up; those of the second round are new ones to nobody. */
export async function memoryRow({ engines, amounts, say }: BrickSetting): Promise<Comparison> {
  const { inodes } = amounts;
  const what = `memory after ${inodes} inodes`;
  const measure = async (engine: Engine): Promise<number> => {
    await ask(engine, { do: 'inodes', count: inodes });
    return engine.memoryMb;
  };
  return compare(engines, 1, what, 'MB', measure, say);
}

/** Many connections at once: do they get their share, and what do they cost? */
export async function crowdRows({ engines, amounts, say }: BrickSetting): Promise<Comparison[]> {
  const shares: number[] = [];
  const memory: Record<EngineName, number[]> = { hekafs: [], glusterfsd: [] };
  const what = `lookup, ${BUSY} busy and ${IDLE} idle connections`;
  const measure = async (engine: Engine): Promise<number> => {
    const most = watchMemory(engine);
    const task = { do: 'crowd', idle: IDLE, busy: BUSY, ms: amounts.ms } as const;
    const crowd = (await ask(engine, task)) as CrowdFigures;
    memory[engine.name].push(most());
    say(`${engine.name}: the slowest has ${crowd.slowest.toFixed(2)} of the mean`);
    if (engine.name === 'hekafs') shares.push(crowd.slowest);
    return crowd.perSecond;
  };
  const rate = await compare(engines, amounts.rounds, what, '/s', measure, say);
  const least = Math.min(...shares).toFixed(2);
  return [
    { ...rate, detail: `our slowest connection has at least ${least} of the mean` },
    { what: `memory, ${IDLE + BUSY} connections`, unit: 'MB', samples: memory },
  ];
}

const LOOK_MS = 100;

/** The most memory that an engine has from now until the answer is asked for. */
function watchMemory(engine: Engine): () => number {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, engine.memoryMb);
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}
