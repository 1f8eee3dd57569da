import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForRoot } from '../../needs.js';
import { Certificates } from '../../unit/rpc/certificates.js';
import type { Comparison } from './comparison.js';
import { Engine, type EngineName } from './engine.js';
import { dataRows, smallFileRows } from './fuse-rows.js';
import { LOADS } from './requests.js';
import type { BrickAmounts, BrickSetting } from './setting.js';
import { crowdRows, memoryRow, rateRows } from './wire-rows.js';

interface BrickPart {
  /** Needs bricks with TLS. */
  readonly isSecure?: boolean;
  run(setting: BrickSetting): Promise<readonly Comparison[]>;
}

/** What `bench -- brick` measures, in this order: memory before anything else has grown it. */
export const BRICK_PARTS: Readonly<Record<string, BrickPart>> = {
  memory: { run: async (setting) => [await memoryRow(setting)] },
  protocol: { run: (setting) => rateRows(setting, ['lookup', 'read 4 KiB', 'write 4 KiB']) },
  files: {
    run: async (setting) => [
      ...(await smallFileRows(setting, 1)),
      ...(await smallFileRows(setting, 4)),
    ],
  },
  data: { run: dataRows },
};

/** What `bench -- wire` measures. */
export const WIRE_PARTS: Readonly<Record<string, BrickPart>> = {
  rates: { run: (setting) => rateRows(setting, LOADS) },
  tls: { isSecure: true, run: (setting) => rateRows(setting, LOADS) },
  crowd: { run: crowdRows },
};

export interface BrickAsked {
  readonly parts: readonly BrickPart[];
  readonly amounts: BrickAmounts;
  /** Where the bricks and mounts are made. */
  readonly below: string | undefined;
  say(line: string): void;
}

/** Why nothing can be measured here; undefined where it can. */
export function brickBenchMissing(): string | undefined {
  return missingForRoot('glusterfs', 'glusterfsd', 'umount', 'openssl');
}

const NAMES: readonly EngineName[] = ['hekafs', 'glusterfsd'];

function makeCertificates(directory: string): string {
  const certificates = new Certificates(directory);
  certificates.authority('authority');
  for (const name of ['brick', 'client']) certificates.leaf(name, 'authority');
  return directory;
}

/** Starts both bricks, measures, and ends everything that it started. */
export async function benchBrick(asked: BrickAsked): Promise<readonly Comparison[]> {
  const directory = mkdtempSync(join(asked.below ?? tmpdir(), 'hekafs-bench-'));
  let engines: readonly Engine[] = [];
  const rows: Comparison[] = [];
  try {
    for (const part of asked.parts) {
      const certificates = part.isSecure ? makeCertificates(directory) : undefined;
      engines = NAMES.map((name) => new Engine(name, directory, certificates));
      for (const engine of engines) await engine.start();
      rows.push(...(await part.run({ ...asked, engines })));
      for (const engine of engines) await engine.stop();
    }
  } finally {
    for (const engine of engines) await engine.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  return rows;
}
