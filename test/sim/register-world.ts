import type { ByteStream, StreamEvents } from '../../src/platform/network.js';
import { sleep } from '../../src/platform/platform.js';
import { Fabric } from './fabric.js';
import { FAULT_MODES, type FaultMode, planFaults } from './fault-plan.js';
import { type FaultStage, stageFaults } from './faults.js';
import { type Asked, History, type Outcome } from './history.js';
import { Kernel } from './kernel.js';
import { checkLinearizable } from './linearizability.js';
import { SimMachine } from './machine.js';
import type { SimProcess } from './process.js';
import type { SimRandom } from './random.js';
import { resultOf, type WorldOptions, type WorldResult } from './world.js';

/*
 * The simulator tried on itself: one server that keeps registers in memory which outlive it, clients that ask it
 * line by line over simulated connections. Under any faults its answers must be those of a single copy, and when
 * all is whole again it must answer.
 */

const PORT = 7000;
const SERVER = 'server/registers';
const CLIENTS = ['c1', 'c2', 'c3'];
const KEYS = ['a', 'b'];
const FAULTS_END_MS = 8000;
const END_MS = 20_000;
const ASK_TIMEOUT_MS = 700;

/** Bugs to plant, to see that they are found. */
export type RegisterBug = 'none' | 'answers-from-cache' | 'forgets-at-restart';

interface Request {
  readonly key: string;
  readonly asked: Asked;
}

type Registers = Map<string, string>;

/** Does one thing on one register; the checker has the same rules, written apart from these. */
function apply(registers: Registers, { key, asked }: Request): Outcome {
  const held = registers.get(key) ?? null;
  if (asked.kind === 'get') return { value: held };
  if (asked.kind === 'delete') return { done: registers.delete(key) };
  const done = asked.kind === 'put' || asked.expected === held;
  if (done) registers.set(key, asked.value);
  return { done };
}

/** Cuts a stream of bytes into lines. */
function lines(told: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk.toString('latin1')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) told(part);
  };
}

class Client {
  private stream: ByteStream | undefined;
  private answered: ((outcome: Outcome) => void) | undefined;
  count = 0;

  constructor(
    private readonly process: SimProcess,
    private readonly host: string,
    private readonly history: History,
    private readonly random: SimRandom,
  ) {}

  /** Asks one thing after the other, and never stops. */
  async work(): Promise<void> {
    for (;;) {
      await sleep(this.process.clock, this.random.exponential(80));
      try {
        this.stream ??= await this.connect();
      } catch {
        continue;
      }
      await this.ask(this.stream, this.invent());
    }
  }

  private connect(): Promise<ByteStream> {
    const to = { host: this.host, port: PORT };
    return this.process.network.connect(to, (stream) => this.events(stream), ASK_TIMEOUT_MS);
  }

  private events(stream: ByteStream): StreamEvents {
    return {
      data: lines((line) => this.settle(JSON.parse(line) as Outcome)),
      drain: () => {},
      closed: () => {
        if (this.stream === stream) this.stream = undefined;
        this.settle('unknown');
      },
    };
  }

  private async ask(stream: ByteStream, request: Request): Promise<void> {
    const told = this.history.invoke(this.process.label, request.key, request.asked);
    const outcome = await new Promise<Outcome>((resolve) => {
      const timer = this.process.clock.after(ASK_TIMEOUT_MS, () => stream.close('no answer'));
      stream.write([Buffer.from(`${JSON.stringify(request)}\n`)]);
      this.answered = (answer) => {
        timer.cancel();
        resolve(answer);
      };
    });
    told(outcome);
    if (outcome !== 'unknown') this.count++;
  }

  private settle(outcome: Outcome): void {
    const { answered } = this;
    this.answered = undefined;
    answered?.(outcome);
  }

  private invent(): Request {
    const key = this.random.pick(KEYS);
    const value = `${this.process.machine.name}-${this.random.next()}`;
    const expected = this.random.chance(0.5) ? null : value;
    const kinds: readonly Asked[] = [
      { kind: 'get' },
      { kind: 'put', value },
      { kind: 'putIf', expected, value },
      { kind: 'delete' },
    ];
    return { key, asked: this.random.pick(kinds) };
  }
}

class RegisterWorld implements FaultStage {
  readonly kernel: Kernel;
  readonly fabric: Fabric;
  private readonly machines = new Map<string, SimMachine>();
  private registers: Registers = new Map();
  private server: SimProcess | undefined;
  private readonly history = new History();
  private readonly clients: Client[] = [];

  constructor(
    seed: number,
    options: WorldOptions,
    private readonly bug: RegisterBug,
  ) {
    this.kernel = new Kernel(seed, options);
    this.fabric = new Fabric(this.kernel);
    ['server', ...CLIENTS].forEach((name, index) => {
      const host = `10.0.0.${index + 1}`;
      this.machines.set(name, new SimMachine(this.kernel, this.fabric, name, host));
    });
  }

  machine(name: string): SimMachine {
    const found = this.machines.get(name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  process(): SimProcess | undefined {
    return this.server?.isAlive ? this.server : undefined;
  }

  restart(): void {
    const machine = this.machine('server');
    if (this.process() !== undefined || !machine.isUp) return;
    if (this.bug === 'forgets-at-restart') this.registers = new Map();
    this.server = machine.start('registers');
    const { network, label } = this.server;
    this.server.run(`${label} starts`, async () => {
      await network.listen({ host: machine.host, port: PORT }, (stream) => this.serve(stream));
    });
  }

  powerOff(machine: string): void {
    this.machine(machine).powerOff();
  }

  powerOn(machine: string): void {
    this.machine(machine).powerOn();
    this.restart();
  }

  async run(seed: number): Promise<WorldResult> {
    this.restart();
    for (const name of CLIENTS) this.startClient(name);
    this.stage(seed);
    await this.kernel.run({ untilMs: FAULTS_END_MS });
    const before = this.clients.map(({ count }) => count);
    await this.kernel.run({ untilMs: END_MS });
    const stuck = this.clients.filter(({ count }, index) => count <= (before[index] ?? 0));
    const verdict = checkLinearizable(this.history.finish());
    return resultOf(this.kernel, [
      ...(verdict.isLinearizable ? [] : [verdict.why]),
      ...(stuck.length === 0 ? [] : [`${stuck.length} clients never got an answer again`]),
    ]);
  }

  private stage(seed: number): void {
    const modes = Object.keys(FAULT_MODES) as FaultMode[];
    const mode = modes[seed % modes.length] ?? 'all';
    const targets = { servers: ['server'], clients: CLIENTS, processes: [SERVER] };
    const kinds = FAULT_MODES[mode];
    const plan = { fromMs: 100, untilMs: FAULTS_END_MS, gapMs: 500, kinds } as const;
    const random = this.kernel.random.fork('faults');
    stageFaults(this, planFaults(random, targets, { ...plan, extent: 'unlimited' }));
  }

  private startClient(name: string): void {
    const process = this.machine(name).start('client');
    const random = process.random.fork('work');
    const client = new Client(process, this.machine('server').host, this.history, random);
    this.clients.push(client);
    process.run('client starts', () => client.work());
  }

  private serve(stream: ByteStream): StreamEvents {
    const cached: Registers = new Map(this.registers);
    const data = lines((line) => {
      const request = JSON.parse(line) as Request;
      const isCached = this.bug === 'answers-from-cache' && request.asked.kind === 'get';
      const outcome = apply(isCached ? cached : this.registers, request);
      stream.write([Buffer.from(`${JSON.stringify(outcome)}\n`)]);
    });
    return { data, drain: () => {}, closed: () => {} };
  }
}

export async function registerWorld(
  seed: number,
  options: WorldOptions,
  bug: RegisterBug = 'none',
): Promise<WorldResult> {
  return new RegisterWorld(seed, options, bug).run(seed);
}
