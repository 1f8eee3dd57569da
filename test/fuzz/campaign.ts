import { randomUUID } from 'node:crypto';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import { SimRandom } from '../sim/random.js';
import { fire, marked, type Volley } from './attacker.js';
import { mutated } from './mutation.js';
import { RequestMaker } from './request-maker.js';
import type { Target } from './target.js';
import { connected, Witness } from './witness.js';

/** Records of one connection. */
const VOLLEY = 50;
/** Connections at once. */
const ABREAST = 4;
const FILES = ['a', 'b', 'c', 'sub/d'];

export interface Campaign {
  readonly records: number;
  readonly seed: string;
  /** Records from elsewhere, to be damaged and sent with the others. */
  readonly captured: readonly Buffer[];
  progress(state: Toll): void;
}

export interface Toll {
  records: number;
  connections: number;
  /** Connections that the server has closed. */
  closed: number;
  answers: number;
  residentMb: number;
  /** Its memory when a tenth of the records had been sent. */
  warmMb: number;
  slowestMs: number;
}

/** Sends that many damaged records to the brick, and looks all the time whether others are still served. */
export async function run(target: Target, campaign: Campaign): Promise<Toll> {
  const witness = await Witness.of(target.port);
  try {
    const gfids = await furnish(target.port);
    const makers = Array.from(
      { length: ABREAST },
      (_, index) => new Gunner(campaign, `${campaign.seed}/${index}`, gfids),
    );
    return await shoot(target, campaign, makers, witness);
  } finally {
    await witness.close();
  }
}

/** Files that requests can be about. */
async function furnish(port: number): Promise<string[]> {
  const [graph, volume] = await connected(port, 'fuzzed');
  const sub = await volume.mkdir('sub');
  const files = [];
  for (const name of FILES) files.push(await volume.writeFile(name, Buffer.alloc(9000, name)));
  await graph.stop();
  return [ROOT_GFID, sub.gfid, ...files.map(({ gfid }) => gfid)];
}

async function shoot(
  target: Target,
  campaign: Campaign,
  gunners: readonly Gunner[],
  witness: Witness,
): Promise<Toll> {
  const toll: Toll = {
    records: 0,
    connections: 0,
    closed: 0,
    answers: 0,
    residentMb: target.residentMb,
    warmMb: 0,
    slowestMs: 0,
  };
  while (toll.records < campaign.records) {
    const volleys = await Promise.all([
      ...gunners.map((gunner) => gunner.fire(target)),
      witness.look(),
    ]);
    for (const volley of volleys) if (volley) count(toll, volley);
    toll.residentMb = target.residentMb;
    toll.slowestMs = witness.slowestMs;
    if (toll.warmMb === 0 && toll.records >= campaign.records / 10) toll.warmMb = toll.residentMb;
    campaign.progress(toll);
  }
  return toll;
}

function count(toll: Toll, volley: Volley): void {
  toll.records += volley.sent;
  toll.connections += 1;
  toll.answers += volley.answers;
  if (volley.wasClosed) toll.closed += 1;
}

/** Where the arguments of a call begin: behind its header, a credential of any length and an empty verifier. */
function argumentsAt(record: Buffer): number {
  return 40 + record.readUInt32BE(28);
}

/** Makes damaged records in an order that its seed gives, and sends them. */
class Gunner {
  private readonly random: SimRandom;
  private readonly maker: RequestMaker;

  constructor(
    private readonly campaign: Campaign,
    private readonly seed: string,
    gfids: readonly string[],
  ) {
    this.random = new SimRandom(seed);
    this.maker = new RequestMaker(this.random.fork('requests'), gfids);
  }

  async fire(target: Target): Promise<Volley> {
    const records = Array.from({ length: VOLLEY }, () => this.record());
    try {
      const volley = await fire(target.port, randomUUID(), records.map(marked));
      if (!target.isAlive) throw new Error('the brick has ended');
      return volley;
    } catch (error) {
      const sent = records.map((record) => record.toString('hex')).join('\n');
      const said = target.lastWords();
      throw new Error(`seed ${this.seed}: after these records\n${sent}\n${said}`, { cause: error });
    }
  }

  /**
   * One in four is as it should be: what it opens and locks is there for the others. The header is damaged seldom, because that
   * ends the connection and what is behind it is not looked at.
   */
  private record(): Buffer {
    const { random } = this;
    const [record, other] = [this.next(), this.next()];
    const times = random.pick([0, 1, 1, 3]);
    const at = random.chance(0.02) ? 0 : argumentsAt(record);
    const damaged = mutated(record.subarray(at), other.subarray(argumentsAt(other)), times, random);
    return Buffer.concat([record.subarray(0, at), damaged]);
  }

  private next(): Buffer {
    const { captured } = this.campaign;
    if (captured.length > 0 && this.random.chance(0.3)) return this.random.pick(captured);
    return this.maker.call();
  }
}
