import { endpointText } from '../platform/network.js';
import { type Clock, sleep, type Timer } from '../platform/platform.js';
import type { Log } from './log.js';
import { isAddress, type MemberHost } from './member-host.js';
import type { ListAnswer, MemberList } from './member-list.js';

export interface MemberSourceContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly list: MemberList;
  /** For a host that was given without one: this node's own. */
  readonly port: number;
  /** Throws an Error where there are none. */
  lookup(name: string): Promise<readonly string[]>;
}

const LOOK_MS = 2000;
/** Names are looked up again after so long; sooner where one of them has no address yet. */
const NAMES_MS = 60_000;
const UNKNOWN_MS = 10_000;
const LOOKUP_MS = 5000;
/** A resolver that hangs holds a thread for each name; others need them. */
const MAX_LOOKUPS = 2;
const MAX_HOSTS = 1024;

/**
 * The addresses that `--members` gives, kept up to date: where members *may* be; whether they are says each of them. While the source
 * gives no answer, what it gave last stays.
 */
export class MemberSource {
  private list: MemberList;
  private hosts: readonly MemberHost[] = [];
  private notes: readonly string[] = [];
  private readonly resolved = new Map<string, readonly string[]>();
  private readonly failures = new Map<string, string>();
  private readonly pending = new Map<string, Promise<void>>();
  private problem: string | undefined;
  private told = '';
  private stamp: string | undefined;
  private readMs = Number.NEGATIVE_INFINITY;
  private namesMs = Number.NEGATIVE_INFINITY;
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(private readonly context: MemberSourceContext) {
    this.list = context.list;
  }

  /** Begins to look. Settles when the source has answered once, or has not. */
  start(): Promise<void> {
    return this.refresh(true);
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  /** HOST:PORT each, every address of every name; a name that has none is left away. */
  addresses(): readonly string[] {
    const all = this.hosts.flatMap(({ host, port }) =>
      this.addressesOf(host).map((each) =>
        endpointText({ host: each, port: port ?? this.context.port }),
      ),
    );
    return [...new Set(all)];
  }

  /** Asks this source from now on, beginning at once: also where it is the one that was asked before. */
  async change(list: MemberList): Promise<void> {
    await this.running;
    this.list = list;
    this.problem = undefined;
    await this.refresh(true);
  }

  private addressesOf(host: string): readonly string[] {
    return isAddress(host) ? [host] : (this.resolved.get(host) ?? []);
  }

  private refresh(isForced: boolean): Promise<void> {
    this.running ??= this.look(isForced).finally(() => {
      this.running = undefined;
      this.timer?.cancel();
      if (!this.isStopped)
        this.timer = this.context.clock.after(LOOK_MS, () => void this.refresh(false));
    });
    return this.running;
  }

  private async look(isForced: boolean): Promise<void> {
    const { list } = this;
    const { clock } = this.context;
    const nowMs = clock.monotonicMs();
    const stamp = list.stamp();
    const everyMs = this.problem === undefined ? list.everyMs : list.everyMs && UNKNOWN_MS;
    const isDue = everyMs !== null && nowMs - this.readMs >= everyMs;
    const isNew = isForced || isDue || stamp !== this.stamp;
    this.stamp = stamp;
    if (isNew) {
      this.readMs = nowMs;
      await this.read();
    }
    const namesMs = this.failures.size > 0 ? UNKNOWN_MS : NAMES_MS;
    if (!isNew && nowMs - this.namesMs < namesMs) return;
    this.namesMs = nowMs;
    await this.lookUp();
    this.tell();
  }

  private async read(): Promise<void> {
    try {
      const answer: ListAnswer = await this.list.read();
      this.hosts = answer.hosts.slice(0, MAX_HOSTS);
      this.notes = answer.notes;
      this.problem = undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.problem)
        this.context.log.warn('the source of members gives no answer; its last one stays', {
          code: 'HFS-3012',
          source: this.list.shown,
          why,
          next: 'correct it, or name another one with --members; it is read again by itself',
        });
      this.problem = why;
    }
  }

  /** Names that are still being looked up from last time are waited for, not asked again. */
  private async lookUp(): Promise<void> {
    const names = [
      ...new Set(this.hosts.map(({ host }) => host).filter((each) => !isAddress(each))),
    ];
    for (const name of [...this.failures.keys()])
      if (!names.includes(name)) this.failures.delete(name);
    const queue = [...names];
    const worker = async (): Promise<void> => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        if (!this.pending.has(name) && this.pending.size >= MAX_LOOKUPS) {
          this.failures.set(name, 'earlier names are still being looked up');
          continue;
        }
        await Promise.race([this.lookUpOne(name), this.late(name)]);
      }
    };
    await Promise.all(Array.from({ length: MAX_LOOKUPS }, worker));
  }

  private async late(name: string): Promise<void> {
    await sleep(this.context.clock, LOOKUP_MS);
    if (this.pending.has(name)) this.failures.set(name, 'the resolver does not answer');
  }

  private lookUpOne(name: string): Promise<void> {
    const known = this.pending.get(name);
    if (known) return known;
    const lookup = this.context
      .lookup(name)
      .then(
        (found) => {
          this.resolved.set(name, found);
          this.failures.delete(name);
        },
        (error: unknown) => {
          this.failures.set(name, error instanceof Error ? error.message : String(error));
        },
      )
      .finally(() => this.pending.delete(name));
    this.pending.set(name, lookup);
    return lookup;
  }

  /** Step 2 of the start, and again whenever its outcome is another one. */
  private tell(): void {
    const { list } = this;
    const { log } = this.context;
    const fields = {
      source: list.shown,
      found: this.addresses(),
      ...(this.notes.length > 0 ? { peers: this.notes } : {}),
      ...(this.failures.size > 0 ? { unknown: Object.fromEntries(this.failures) } : {}),
      ...(this.problem === undefined ? {} : { failed: this.problem }),
    };
    const outcome = JSON.stringify(fields);
    if (outcome === this.told) return;
    this.told = outcome;
    log.info('start-up 2/5: members', fields);
  }
}
