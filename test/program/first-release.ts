import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrickAcceptor } from '../../src/config/log/brick-acceptor.js';
import { makeBrickDirectory } from '../../src/daemon/brick-directory.js';
import { decodeState, encodeState } from '../../src/daemon/state.js';
import { buildGraph } from '../../src/graph/graph.js';
import { TRANSLATORS } from '../../src/graph/translators.js';
import { nodeNetwork } from '../../src/platform/node/network.js';
import { nodePlatform } from '../../src/platform/node/platform.js';

/*
 * golden/ has what release 0.1.0 wrote: the state file and the log of a server alone, after
 *
 *   serve --bootstrap · token create · init · set · delete · delete -r · a stop and a start · a kill and a start
 *
 * at an address of loopback that nobody else takes.
 */

interface GoldenState {
  readonly cluster: string;
  readonly brick: { readonly path: string };
}

export const GOLDEN = {
  address: '127.9.4.1',
  http: 11_998,
  mgmt: 11_997,
  brick: 11_996,
  log: golden('log-0.1.0'),
  state: golden('state-0.1.0.json'),
} as const;

/** A state directory as release 0.1.0 left it; `log` may be another one. */
export class FirstRelease {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'hekafs-golden-'));
  readonly logPath = join(this.stateDir, 'brick/journal/log.1');
  readonly statePath = join(this.stateDir, 'state.json');

  static async make(log = GOLDEN.log): Promise<FirstRelease> {
    const made = new FirstRelease();
    const state = decodeState(GOLDEN.state) as GoldenState;
    const path = join(made.stateDir, 'brick');
    const moved = { ...state, brick: { ...state.brick, path } };
    writeFileSync(made.statePath, encodeState(moved), { mode: 0o600 });
    await putLog(path, state.cluster, log);
    return made;
  }

  get arguments(): readonly string[] {
    const { address, http, mgmt, brick } = GOLDEN;
    return [
      ...['--state-dir', this.stateDir, '--host', 'golden', '--http', `${address}:${http}`],
      ...['--mgmt-port', String(mgmt), '--brick-ports', `${brick}-${brick}`],
      ...['--log-file', join(this.stateDir, 'hekafsd.log')],
    ];
  }

  remove(): void {
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** As a copy of the brick with its attributes would be. */
async function putLog(path: string, cluster: string, log: Buffer): Promise<void> {
  const platform = nodePlatform(nodeNetwork());
  mkdirSync(path, { recursive: true });
  makeBrickDirectory(platform.disk, path, cluster);
  const volfile = [
    'volume journal',
    '    type storage/posix',
    `    option directory ${path}/journal`,
    `    option volume-id ${cluster}`,
    'end-volume',
  ].join('\n');
  const graph = buildGraph(`${volfile}\n`, TRANSLATORS, platform);
  await graph.start();
  try {
    await new BrickAcceptor(graph.top, platform.clock, platform.random, 5000).create(log);
  } finally {
    await graph.stop();
  }
}

function golden(name: string): Buffer {
  const place = `../../../test/program/golden/${name}`;
  return readFileSync(fileURLToPath(new URL(place, import.meta.url)));
}
