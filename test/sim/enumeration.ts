import { FopError } from '../../src/fop/error.js';
import type { Gfid } from '../../src/fop/gfid.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { isDirectory } from '../../src/fop/iatt.js';
import type { TestVolume } from '../contract/volume.js';
import { caseWords, Enumeration, type EnumerationCase, type Fault } from './enumeration-cases.js';
import { type EnumerationClient, EnumerationLab, type Planted } from './enumeration-lab.js';
import { EnumerationModel } from './enumeration-model.js';
import { treePicture, withoutConflicts } from './enumeration-picture.js';
import { EnumerationWork } from './enumeration-work.js';
import { Trace } from './trace.js';
import type { World } from './world.js';

/*
 * Short histories of one replica set, each with its outages, over whole bricks: production's replicate, locks, index and posix, and
 * connections that are cut around any call. Afterwards everything is up, a fresh healer goes over what is marked, and: the copies are
 * equal, nothing is marked or listed, the volume is one that there may be after what its clients were told, and nobody got an EIO.
 *
 * Without a quorum, where both copies were away in turn, each may have changed alone: there, what was written
 * and answered must be in some file.
 */

const MAX_ROUNDS = 12;
const MAX_WAITS = 60;

export const WHOLE = new Enumeration(3, 2);
export const SHORT = new Enumeration(2, 1);

class CaseRun {
  private readonly lab: EnumerationLab;
  private readonly model = new EnumerationModel();
  private readonly work = new EnumerationWork(this.model);
  private readonly away = new Set<number>();
  private readonly findings: string[] = [];
  private client: EnumerationClient | undefined;

  constructor(
    private readonly given: EnumerationCase,
    planted: Planted,
    private readonly note: (line: string) => void,
  ) {
    this.lab = new EnumerationLab(given.layout, given.bricks, planted);
  }

  async run(): Promise<readonly string[]> {
    const { lab, work } = this;
    await lab.start();
    this.client = await lab.client(this.away);
    await this.patient('the start', work.prepare(this.client.volume));
    await lab.pass(3000);
    for (const [number, operation] of this.given.operations.entries()) {
      this.stage(this.given.faults.filter(({ during }) => during === number));
      await this.patient(operation, work.run(operation, number, this.client.volume));
      await lab.settle();
      this.note(
        `${operation}: away ${[...this.away].join()}; ${this.model.pictures.length} states`,
      );
      await this.after(number);
      if (this.given.isSlow) await lab.pass(3000);
    }
    await this.end();
    await lab.stop();
    return this.findings;
  }

  /** Cuts what the faults of one operation cut, when it comes to that. */
  private stage(faults: readonly Fault[]): void {
    const client = this.client;
    if (client === undefined) return;
    const counts = new Map<string, number>();
    const left = new Set(faults);
    const strike = (fault: Fault): void => {
      left.delete(fault);
      if (fault.brick !== undefined) this.cut(fault.brick);
      if (fault.isClient) client.end();
    };
    for (const fault of faults) if (fault.call === 0) strike(fault);
    for (const gate of client.gates)
      gate.step = (at, when) => {
        for (const who of ['all', `b${at.number}`]) {
          const key = `${who} ${when}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        for (const fault of left) {
          const key = `${fault.isClient ? 'all' : `b${fault.brick}`} ${when}`;
          if (fault.when === when && counts.get(key) === fault.call) strike(fault);
        }
      };
  }

  private cut(brick: number): void {
    this.away.add(brick);
    const gate = this.client?.gates[brick];
    if (gate?.isUp) gate.down();
  }

  /** A client that has ended is followed by another one; bricks come back that were away for a short time. */
  private async after(number: number): Promise<void> {
    const past = this.given.faults.filter(({ during }) => during <= number);
    const stays = new Set(past.flatMap(({ brick, isLong }) => (isLong ? [brick] : [])));
    const back = [...this.away].filter((brick) => !stays.has(brick));
    for (const gate of this.client?.gates ?? []) gate.step = undefined;
    const hasEnded = past.some(({ isClient, during }) => isClient && during === number);
    for (const brick of back) this.away.delete(brick);
    if (hasEnded) await this.replaceClient();
    else for (const brick of back) this.client?.gates[brick]?.up();
    await this.lab.settle();
  }

  private async replaceClient(): Promise<void> {
    this.client?.end();
    // What was on its way arrives before the bricks forget the connection.
    await this.lab.settle();
    for (const gate of this.client?.gates ?? []) gate.dropLocks();
    this.client = await this.lab.client(this.away);
  }

  private async end(): Promise<void> {
    const { lab } = this;
    for (const brick of this.away) this.client?.gates[brick]?.up();
    this.away.clear();
    await lab.pass(5000);
    await lab.pass(5000);
    const healer = await lab.client(new Set());
    await this.patient('the heal', this.heal(healer));
    const reader = await lab.client(new Set());
    await this.patient('the look at all', this.readAll(reader.volume, ROOT_GFID));
    await lab.pass(5000);
    await this.judge();
  }

  private async heal({ healer }: EnumerationClient): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const gfids = new Set<Gfid>();
      for (const child of healer.replica.children.up)
        for (const gfid of await healer.marked(child)) gfids.add(gfid);
      let isBetter = false;
      for (const gfid of gfids) {
        const { result, error } = await healer.heal(gfid);
        this.note(`heal ${gfid.slice(-6)}: ${result} ${String(error?.cause ?? error ?? '')}`);
        if (['healed', 'gone'].includes(result)) isBetter = true;
      }
      if (!isBetter && (await healer.clearWaitingRoom()) === 0) return;
    }
    this.findings.push('it heals for ever');
  }

  private async readAll(volume: TestVolume, gfid: Gfid): Promise<void> {
    for (const name of await volume.names(gfid)) {
      if (name.startsWith('.glusterfs')) continue;
      try {
        const { stat } = await volume.lookup(gfid, name);
        if (isDirectory(stat)) await this.readAll(volume, stat.gfid);
        else await volume.content(stat.gfid);
      } catch (error) {
        if (!(error instanceof FopError)) throw error;
        this.findings.push(`at the end ${name} answers ${error.errno} ${String(error.cause)}`);
      }
    }
  }

  private async judge(): Promise<void> {
    const { lab, given, findings, model, work } = this;
    const arbiter = given.layout === 'arbiter' ? 2 : undefined;
    const numbers = Array.from({ length: given.bricks }, (_, number) => number);
    const pictures = await Promise.all(numbers.map((number) => treePicture(lab, number)));
    const [first = { lines: [], texts: [], left: [] }, ...others] = pictures;
    const shown = ({ lines }: typeof first, number: number): string =>
      lines.join('\n').replaceAll(arbiter === number ? / "[^"]*"/g : /$^/g, ' ""');
    others.forEach((other, index) => {
      const number = index + 1;
      const mine = number === arbiter ? shown(first, number) : shown(first, 0);
      if (shown(other, number) !== mine)
        findings.push(
          `b0 has\n${first.lines.join('\n')}\nb${number} has\n${other.lines.join('\n')}`,
        );
    });
    findings.push(...pictures.flatMap(({ left }) => left));
    findings.push(...new Set(lab.violations));
    if (this.isOfOneMind) {
      findings.push(...work.scandals);
      if (!model.pictures.includes(withoutConflicts(first.lines)))
        findings.push(`it is\n${first.lines.join('\n')}\ninstead of\n${this.allowed}`);
    } else
      for (const text of work.kept)
        if (!first.texts.some((each) => each.includes(text))) findings.push(`${text} is lost`);
  }

  private get allowed(): string {
    const { pictures } = this.model;
    return pictures.length > 0 ? pictures.join('\nor\n') : 'what nothing can be after the answers';
  }

  /** There is a quorum, or but one of the two copies was ever away. */
  private get isOfOneMind(): boolean {
    const bricks = this.given.faults.flatMap(({ brick }) => (brick === undefined ? [] : [brick]));
    return this.given.layout !== 'replica 2' || new Set(bricks).size < 2;
  }

  /** Lets time go on until it is done. */
  private async patient(what: string, work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.then(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    for (let wait = 0; wait < MAX_WAITS; wait += 1) {
      await this.lab.settle();
      if (isDone) return;
      if (await settled(done)) return done;
      this.lab.clock.advance(500);
    }
    throw new Error(`${what} does not end`);
  }
}

async function settled(work: Promise<void>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([work.catch(() => undefined), Promise.resolve(pending)])) !== pending;
}

/** Runs one case; answers what is wrong at its end. */
export async function runCase(
  given: EnumerationCase,
  planted: Planted = {},
  note: (line: string) => void = () => undefined,
): Promise<readonly string[]> {
  try {
    return await new CaseRun(given, planted, note).run();
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** The cases as a world: a seed is one of them, and as many seeds as there are cases are all. */
export function enumerationWorld(enumeration: Enumeration, planted: Planted = {}): World {
  return async (seed, options) => {
    const trace = new Trace(options.keepsTrace);
    const given = enumeration.at(enumeration.ofSeed(seed));
    trace.add(caseWords(given));
    const found = await runCase(given, planted, (line) => trace.add(line));
    const failures = found.length === 0 ? [] : [caseWords(given), ...found];
    return { ok: failures.length === 0, failures, trace };
  };
}
