import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForRoot } from '../../needs.js';
import type { Comparison } from './comparison.js';
import { Engine } from './engine.js';
import { dataRows, smallFileRows } from './fuse-rows.js';
import { LOADS } from './requests.js';
import type { BrickAmounts, BrickSetting } from './setting.js';
import { crowdRows, memoryRow, rateRows } from './wire-rows.js';

type BrickPart = (setting: BrickSetting) => Promise<readonly Comparison[]>;

/** What `bench -- brick` measures, in this order: memory before anything else has grown it. */
export const BRICK_PARTS: Readonly<Record<string, BrickPart>> = {
  memory: async (setting) => [await memoryRow(setting)],
  protocol: (setting) => rateRows(setting, ['lookup', 'read 4 KiB', 'write 4 KiB']),
  files: async (setting) => [
    ...(await smallFileRows(setting, 1)),
    ...(await smallFileRows(setting, 4)),
  ],
  data: dataRows,
};

/** What `bench -- wire` measures. */
export const WIRE_PARTS: Readonly<Record<string, BrickPart>> = {
  rates: (setting) => rateRows(setting, LOADS),
  crowd: crowdRows,
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
  return missingForRoot('glusterfs', 'glusterfsd', 'umount');
}

/** Starts both bricks, measures, and ends everything that it started. */
export async function benchBrick(asked: BrickAsked): Promise<readonly Comparison[]> {
  const directory = mkdtempSync(join(asked.below ?? tmpdir(), 'hekafs-bench-'));
  const engines = [new Engine('hekafs', directory), new Engine('glusterfsd', directory)];
  const rows: Comparison[] = [];
  try {
    for (const part of asked.parts) {
      for (const engine of engines) await engine.start();
      rows.push(...(await part({ ...asked, engines })));
      for (const engine of engines) await engine.stop();
    }
  } finally {
    for (const engine of engines) await engine.stop();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  return rows;
}
