import { request } from 'node:http';
import { notifySocket } from '../platform/node/notify-socket.js';
import type { Clock, Timer } from '../platform/platform.js';
import { sleep } from '../platform/platform.js';
import type { Log } from './log.js';
import type { RunningNode } from './node-start.js';
import { type SendNotice, type ServiceEnvironment, ServiceManager } from './service-manager.js';

const STATUS_MS = 1000;
/** A start-up that takes longer is told as done: who kills a slow node has none, and the status says how far it is. */
const BEGIN_MS = 60_000;

/** This hekafsd as a service: what its manager hears from start to stop. */
export class Service {
  private readonly manager: ServiceManager;
  private readonly timers = new Map<string, Timer>();
  private isStopping = false;

  constructor(
    private readonly environment: ServiceEnvironment,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.manager = new ServiceManager(this.connect(), clock, log);
  }

  private connect(): SendNotice | undefined {
    const { socket: name } = this.environment;
    if (name === undefined) return undefined;
    try {
      const socket = notifySocket(name);
      return (text) => socket.send(text);
    } catch (error) {
      const next = 'NOTIFY_SOCKET is a path, or @ and a name';
      this.log.warn('the service manager cannot be told', { error: String(error), next });
      return undefined;
    }
  }

  /**
   * From now on: ready once the start-up sequence is through, whatever it found, since a node without a majority is the
   * hope of the others; then the status whenever it changes, and signs of life while `socketPath` answers.
   */
  async run(node: RunningNode, socketPath: string): Promise<void> {
    await Promise.race([node.begun, sleep(this.clock, BEGIN_MS)]);
    if (this.isStopping) return;
    this.manager.ready(statusOf(node));
    this.repeat('status', STATUS_MS, () => this.manager.status(statusOf(node)));
    const { watchdogMs } = this.environment;
    if (watchdogMs === undefined) return;
    this.log.info('a watchdog is served', { everyMs: watchdogMs / 2 });
    const look = () => void this.lookAlive(socketPath, watchdogMs);
    look();
    this.repeat('watchdog', watchdogMs / 2, look);
  }

  /** Does `work` between the words that the configuration is read again and that this is done. */
  reload(node: RunningNode, work: () => void): void {
    this.manager.reloading(process.hrtime.bigint() / 1000n);
    work();
    this.manager.ready(statusOf(node));
  }

  stopping(): void {
    this.isStopping = true;
    this.timers.get('status')?.cancel();
    this.manager.stopping();
  }

  private repeat(name: string, everyMs: number, work: () => void): void {
    if (this.isStopping && name === 'status') return;
    const next = (): void => {
      work();
      this.repeat(name, everyMs, work);
    };
    this.timers.set(name, this.clock.after(everyMs, next));
  }

  /** The same question that anybody may ask from outside; no answer, no sign of life. */
  private async lookAlive(socketPath: string, watchdogMs: number): Promise<void> {
    const why = await whyNotAlive(socketPath, watchdogMs / 2);
    if (why === undefined) return this.manager.alive();
    this.log.error('no sign of life is given to the service manager', {
      code: 'HFS-9001',
      why,
      next: 'it starts hekafsd again; report this line',
    });
  }
}

function statusOf(node: RunningNode): string {
  const { state, summary } = node.verbs.status();
  return `${state}: ${summary}`;
}

/** Undefined where `/v1/health/live` says ok over the local socket, else what it says or what went wrong. */
function whyNotAlive(socketPath: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/v1/health/live', timeout: timeoutMs });
    asked.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(response.statusCode === 200 ? undefined : text.trim()));
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', (error) => resolve(error.message));
    asked.end();
  });
}
