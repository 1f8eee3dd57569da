import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../program/free-port.js';
import { Certificates } from '../unit/rpc/certificates.js';
import { type Engine, ServedBrick } from './served-brick.js';
import { type StockMount, stockMount } from './stock-client.js';
import {
  type Cluster,
  healVolfile,
  mountVolfile,
  type OptionsByEnd,
  type VolumePlan,
} from './volume-volfiles.js';

const VOLUME_ID = '22dc9034-7373-4c06-8fd1-f5447caeb6f8';

/**
 * `HEKAFS_INTEROP_TLS`, TLSv1.2 or TLSv1.3: everything that is done with volumes is done over that, with certificates on both
 * sides, and by user and password.
 */
function secured(plan: VolumePlan, directory: string): VolumePlan {
  const version = process.env['HEKAFS_INTEROP_TLS'];
  if (version === undefined) return plan;
  limitOpenSsl(directory, version);
  const certificates = new Certificates(directory);
  certificates.authority('authority');
  for (const name of ['brick', 'client']) certificates.leaf(name, 'authority');
  const { options = {} } = plan;
  const server = { ...certificates.options('brick', 'authority'), ...options['server'] };
  const client = { ...certificates.options('client', 'authority'), ...options['client'] };
  return { ...plan, byLogin: true, options: { ...options, server, client } };
}

/** Has the processes that are started from here on speak no other version. */
function limitOpenSsl(directory: string, version: string): void {
  const path = join(directory, 'openssl.cnf');
  const limits = `MaxProtocol = ${version}\nMinProtocol = ${version}\n`;
  writeFileSync(
    path,
    `openssl_conf = o\n[o]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n${limits}`,
  );
  process.env['OPENSSL_CONF'] = path;
}

/** A volume whose bricks are served by these engines, and whatever of stock GlusterFS uses it. */
export class StockVolume {
  readonly bricks: readonly ServedBrick[];
  private readonly mounts: StockMount[] = [];
  private mountCount = 0;
  private readonly healers: ChildProcess[] = [];

  private constructor(
    readonly directory: string,
    readonly plan: VolumePlan,
    private readonly cluster: Cluster,
    engines: readonly Engine[],
  ) {
    this.bricks = plan.bricks.map(
      (brick, index) => new ServedBrick(plan, brick, engines[index] ?? 'stock'),
    );
  }

  /** Starts one brick for each of the engines. */
  static start(cluster: Cluster, ...engines: readonly Engine[]): Promise<StockVolume> {
    return StockVolume.startWith({}, cluster, ...engines);
  }

  /** The same, with more options of its translators. */
  static async startWith(
    options: OptionsByEnd,
    cluster: Cluster,
    ...engines: readonly Engine[]
  ): Promise<StockVolume> {
    const directory = mkdtempSync(join(tmpdir(), 'hekafs-interop-'));
    const first = await freePorts(engines.length);
    const bricks = engines.map((_, index) => ({
      directory: join(directory, `b${index}`),
      port: first + index,
    }));
    const plan = secured({ name: 'v', volumeId: VOLUME_ID, bricks, options }, directory);
    const volume = new StockVolume(directory, plan, cluster, engines);
    try {
      for (const brick of volume.bricks) await brick.start();
    } catch (error) {
      await volume.stop();
      throw error;
    }
    return volume;
  }

  brick(index: number): ServedBrick {
    const brick = this.bricks[index];
    if (brick === undefined) throw new Error(`no brick ${index}`);
    return brick;
  }

  /** One more mount of it by the stock client; `more` are words for glusterfs. */
  async mount(...more: readonly string[]): Promise<StockMount> {
    const name = `mount-${this.mountCount++}`;
    const volfile = mountVolfile(this.plan, this.cluster);
    const mount = await stockMount(this.directory, name, volfile, more);
    this.mounts.push(mount);
    return mount;
  }

  /** Starts the stock self-heal daemon; answers the path of its log. */
  startHealing(): string {
    if (this.cluster === 'none') throw new Error('one brick needs no healing');
    const [volfile, log] = ['vol', 'log'].map((end) =>
      join(this.directory, `heal-${this.healers.length}.${end}`),
    ) as [string, string];
    writeFileSync(volfile, healVolfile(this.plan, this.cluster));
    const words = ['-N', '-f', volfile, '-l', log, '--process-name', 'glustershd'];
    this.healers.push(spawn('glusterfs', [...words, '--client-pid=-6'], { stdio: 'ignore' }));
    return log;
  }

  async stopHealing(): Promise<void> {
    for (const child of this.healers.splice(0)) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  }

  async unmount(): Promise<void> {
    for (const mount of this.mounts.splice(0)) await mount.unmount();
  }

  /** Ends all processes, and removes all files. */
  async stop(): Promise<void> {
    await this.stopHealing();
    await this.unmount();
    for (const brick of this.bricks) await brick.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
