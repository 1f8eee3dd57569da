import type { Members } from '../config/members.js';
import type { Timer } from '../platform/platform.js';
import { readerCredentials } from './credentials.js';
import { peerStatus } from './http-peers.js';
import type { Node } from './node.js';
import { compareLists, isConfirmed } from './server-lists.js';
import type { ServersReport } from './servers-report.js';
import type { Status } from './verbs.js';
import { askListed, gatherEvidence } from './verification.js';

const GATHER_MS = 700;
/** Lists that differ are looked at again: servers come up one after the other. */
const AGAIN_MS = 5000;

/**
 * Steps 3 to 5 of the start-up: ask each server, look into the copies with a mount that writes nothing, compare the
 * lists. Run again whenever the list changes, and while the lists differ.
 */
export class StartUpCheck {
  mount: Status['mount'] = { verified: false, why: 'the servers have not been asked yet' };
  private timer: Timer | undefined;
  private isStopped = false;
  private running: Promise<ServersReport> | undefined;
  private last = '';

  constructor(private readonly node: Node) {}

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** Runs soon; several calls run it once. */
  soon(afterMs = GATHER_MS): void {
    this.timer?.cancel();
    if (this.isStopped) return;
    this.timer = this.node.setup.platform.clock.after(afterMs, () => {
      this.run().catch((error: unknown) =>
        this.node.setup.log.warn('the lists were not compared', { error: String(error) }),
      );
    });
  }

  /** Compares the three lists now. */
  run(): Promise<ServersReport> {
    this.running ??= this.compare().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async compare(): Promise<ServersReport> {
    const { config, client, state, setup } = this.node;
    const { cluster, secret, node: self } = state.data;
    if ((config ?? client) === undefined || cluster === null || secret === null)
      return { rows: [], agree: false };
    const { members } = this.node;
    const { platform, peers } = setup;
    const reader = readerCredentials(secret);
    const own = () => peerStatus(this.node.verbs.status());
    const context = { platform, peers, self, own, reader };
    const [servers, listed] = await Promise.all([
      gatherEvidence(context, members),
      askListed(context, members, this.node.listed),
    ]);
    const report = compareLists({
      self,
      cluster,
      members,
      servers,
      listed,
      sightings: this.node.fence.doubles(),
    });
    this.note(report, members);
    this.tell(report, servers.filter(({ copy }) => copy.kind === 'read').length);
    if (!report.agree) this.soon(AGAIN_MS);
    return report;
  }

  /** The mount is for real once the list is known to be the newest; what else differs does not change that. */
  private note(report: ServersReport, members: Members): void {
    const differences = report.rows.filter(({ difference }) => difference !== '');
    const why = report.agree
      ? `${report.rows.length} known, all answered and marked`
      : differences.map(({ name, difference }) => `${name}: ${difference}`).join('; ');
    this.mount = { verified: isConfirmed(members, report), why };
  }

  /** One line per step, when its outcome is another one than last time. */
  private tell(report: ServersReport, mounted: number): void {
    const { why } = this.mount;
    const answers = report.rows.map(({ name, answered }) => `${name} ${answered}`);
    const outcome = JSON.stringify([answers, mounted, why]);
    if (outcome === this.last) return;
    this.last = outcome;
    const { log } = this.node.setup;
    log.info('start-up 3/5: servers asked', { answers });
    log.info('start-up 4/5: verification mount', { copies: mounted });
    if (report.agree) log.info('start-up 5/5: the lists agree', { why });
    else
      log.info('start-up 5/5: the lists differ', {
        why,
        next: 'hfs_config servers shows them side by side',
      });
  }
}
