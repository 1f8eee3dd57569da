import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdSystem, etcdVersion } from './etcd-system.js';
import { benchFailover } from './failover.js';
import { HekafsSystem } from './hekafs-system.js';
import { benchCommand, benchMemory, benchStart } from './lifetime.js';
import type { Amounts, Part } from './part.js';
import { benchFollower, benchGet, benchPut, benchStale } from './rates.js';
import type { System } from './system.js';
import type { Row } from './table.js';

/** In the order in which they run: memory before anything else has grown it. */
export const PARTS: Readonly<Record<string, Part>> = {
  put: benchPut,
  get: benchGet,
  stale: benchStale,
  follower: benchFollower,
  command: benchCommand,
  start: benchStart,
  failover: benchFailover,
  memory: benchMemory,
};

export interface Asked {
  readonly parts: readonly string[];
  readonly amounts: Amounts;
  readonly maxSeconds: number;
  say(line: string): void;
}

export interface Measured {
  readonly etcdVersion: string | undefined;
  readonly rows: readonly Row[];
  /** Parts that the time was not enough for, or that failed. */
  readonly missing: readonly string[];
}

/** Starts both systems, measures the parts asked for and ends everything that it started. */
export async function benchConfig(asked: Asked): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'hekafs-bench-'));
  const version = etcdVersion();
  if (version === undefined)
    asked.say('etcd is not installed (Debian: etcd-server, etcd-client): hekafs alone is measured');
  const [hekafs, etcd] = ['hekafs', 'etcd'].map((name) => join(directory, name)) as [
    string,
    string,
  ];
  for (const each of [hekafs, etcd]) mkdirSync(each);
  const systems = {
    hekafs: new HekafsSystem(hekafs),
    etcd: version === undefined ? undefined : new EtcdSystem(etcd),
  };
  try {
    return { etcdVersion: version, ...(await measured(asked, systems)) };
  } finally {
    await Promise.all([systems.hekafs.end(), systems.etcd?.end()]);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measured(
  { parts, amounts, maxSeconds, say }: Asked,
  systems: { readonly hekafs: System; readonly etcd: System | undefined },
): Promise<Pick<Measured, 'rows' | 'missing'>> {
  const late = lateness(maxSeconds);
  const rows: Row[] = [];
  const missing: string[] = [];
  try {
    await Promise.race([late.passed, systems.hekafs.start().then(() => systems.etcd?.start())]);
    for (const name of parts) {
      const run = PARTS[name];
      if (run === undefined || late.isOver()) {
        missing.push(name);
        continue;
      }
      try {
        rows.push(...(await Promise.race([late.passed, run({ ...systems, amounts, say })])));
      } catch (error) {
        say(`${name}: ${error instanceof Error ? error.message : error}`);
        missing.push(name);
      }
    }
  } finally {
    late.cancel();
  }
  return { rows, missing };
}

interface Lateness {
  /** Rejects when the time is over. */
  readonly passed: Promise<never>;
  isOver(): boolean;
  cancel(): void;
}

function lateness(maxSeconds: number): Lateness {
  let isOver = false;
  let cancel = (): void => undefined;
  const passed = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      isOver = true;
      reject(new Error(`stopped: ${maxSeconds} s are over (--max-seconds)`));
    }, maxSeconds * 1000);
    cancel = () => clearTimeout(timer);
  });
  passed.catch(() => undefined);
  return { passed, isOver: () => isOver, cancel };
}
