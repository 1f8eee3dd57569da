import { FopError } from '../../src/fop/error.js';
import { type Gfid, ROOT_GFID } from '../../src/fop/gfid.js';
import { ReplicaLab } from './replica-lab.js';

/** Bricks b0 b1 … behind one replica set; each step is a line of the story. */
export class ReplicaStory {
  readonly lines: string[] = [];
  private noticed = 0;

  constructor(readonly lab: ReplicaLab) {}

  static async of(count: number, options: Readonly<Record<string, string>> = {}) {
    return new ReplicaStory(await ReplicaLab.of(count, options, 'bare'));
  }

  say(line: string): void {
    this.lines.push(line);
    this.sayNotices();
  }

  down(...numbers: readonly number[]): void {
    for (const number of numbers) this.lab.gate(number).down();
    this.say(`${names(numbers)} down`);
  }

  up(...numbers: readonly number[]): void {
    for (const number of numbers) this.lab.gate(number).up();
    this.say(`${names(numbers)} up`);
  }

  async write(name: string, text: string, gfid: Gfid, ...on: readonly number[]): Promise<void> {
    await this.lab.file(name, text, gfid, on);
    this.say(`${name} is "${text}" on ${names(on)}`);
  }

  async accuse(
    by: number,
    whom: number,
    gfid: Gfid,
    kind: 'data' | 'metadata' | 'entry',
    of: string,
  ): Promise<void> {
    await this.lab.accuse(by, whom, gfid, kind);
    this.say(`b${by} accuses b${whom}: ${kind} of ${of}`);
  }

  /** Looks a name up and reads what it finds; says whom it asked for what. */
  async read(name: string): Promise<void> {
    this.lab.asked('lookup');
    const outcome = await this.outcome(async () => {
      const { stat } = await this.lab.volume.lookup(ROOT_GFID, name);
      const text = await this.lab.volume.content(stat.gfid);
      return `"${text}" of ${stat.size} bytes`;
    });
    const read = [...this.lab.bricks.keys()].filter((n) => this.lab.gate(n).seen.includes('readv'));
    const lookups = this.lab.asked('lookup');
    const from = read.length > 0 ? `, read at ${names(read)}` : '';
    this.say(`read ${name}: ${outcome}; looked up at ${names(lookups) || 'nobody'}${from}`);
  }

  async list(): Promise<void> {
    this.lab.asked('readdir');
    const outcome = await this.outcome(async () => (await this.lab.volume.names()).join(' '));
    const asked = this.lab.asked('readdir');
    this.say(`list: ${outcome}${asked.length > 0 ? `, read at ${names(asked)}` : ''}`);
  }

  private async outcome(act: () => Promise<string>): Promise<string> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof FopError)) throw error;
      return error.errno;
    }
  }

  /** What went upwards or into the log since the last step. */
  private sayNotices(): void {
    const fresh = this.lab.notices.slice(this.noticed);
    this.noticed = this.lab.notices.length;
    for (const notice of fresh)
      if (notice.event === 'log')
        this.lines.push(`  ${notice.level}: ${notice.message} (${String(notice.fields?.['why'])})`);
      else this.lines.push(`  tells ${notice.event}`);
  }
}

const names = (numbers: readonly number[]): string => numbers.map((n) => `b${n}`).join(' ');
