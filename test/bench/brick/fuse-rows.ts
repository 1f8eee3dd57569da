import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { child } from './child.js';
import { type Comparison, compare } from './comparison.js';
import type { Engine } from './engine.js';
import { mounted } from './mount.js';
import type { BrickSetting } from './setting.js';
import { FILE_LOADS, type FileTask } from './tasks.js';

const MIB = 1024 * 1024;

/** Small files through the stock client, one phase after the other. */
export async function smallFileRows(setting: BrickSetting, threads: number): Promise<Comparison[]> {
  const { files } = setting.amounts;
  const rows: Comparison[] = [];
  const phase = async (engine: Engine, round: number, load: (typeof FILE_LOADS)[number]) => {
    const name = `files-${threads}-${round}`;
    const ms = await run(engine, (mount) => ({
      ...{ on: 'files', load, files, threads },
      directory: `${mount}/${name}`,
    }));
    return files / (ms / 1000);
  };
  for (const load of FILE_LOADS) {
    const what = `${load} of ${files} files, ${threads} thread${threads > 1 ? 's' : ''}`;
    const { engines, amounts, say } = setting;
    const measure = (engine: Engine, round: number) => phase(engine, round, load);
    rows.push(await compare(engines, amounts.rounds, what, '/s', measure, say));
  }
  return rows;
}

/** One large file through the stock client. */
export async function dataRows(setting: BrickSetting): Promise<Comparison[]> {
  const { engines, amounts, say } = setting;
  const { fileMib, blocks } = amounts;
  const bytes = fileMib * MIB;
  const ms = (engine: Engine, load: (FileTask & { on: 'data' })['load']) =>
    run(engine, (mount) => ({ on: 'data', load, file: `${mount}/large`, bytes, blocks }));
  const rows: Comparison[] = [];
  for (const load of ['write', 'read'] as const)
    rows.push(
      await compare(
        engines,
        amounts.rounds,
        `${load} of ${fileMib} MiB in order, 1 MiB each`,
        'MB/s',
        async (engine) => bytes / 1e3 / (await ms(engine, load)),
        say,
      ),
    );
  for (const load of ['random-read', 'random-write'] as const)
    rows.push(
      await compare(
        engines,
        amounts.rounds,
        `${load.replace('-', ' ')} of 4 KiB`,
        '/s',
        async (engine) => blocks / ((await ms(engine, load)) / 1000),
        say,
      ),
    );
  return rows;
}

/** Nothing of the round before is left to be written to the disk. */
function run(engine: Engine, task: (mount: string) => FileTask): Promise<number> {
  spawnSync('sync');
  return mounted(dirname(engine.directory), engine.port, async (mount) =>
    Number(await child('file-load', JSON.stringify(task(mount)))),
  );
}
