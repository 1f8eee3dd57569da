import { Agent, request } from 'node:http';

/** One HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Asks one node over kept connections, one per client. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly address: string,
    private readonly token: string,
  ) {}

  send(method: string, path: string, body?: Buffer): Promise<Answer> {
    const [host = '', port = ''] = this.address.split(':');
    const headers: Record<string, string | number> = { Authorization: `Bearer ${this.token}` };
    if (body) headers['Content-Length'] = body.length;
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, path, method, headers, agent: this.agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** Runs `clients` loops of `act` for `ms`; each call is one operation, a throw is a failed one. */
export async function measure(
  clients: number,
  ms: number,
  act: (client: number, count: number) => Promise<void>,
): Promise<Rate> {
  const latencies: number[] = [];
  let failed = 0;
  const start = performance.now();
  const end = start + ms;
  const loop = async (client: number): Promise<void> => {
    for (let count = 0; performance.now() < end; count++) {
      const before = performance.now();
      try {
        await act(client, count);
        latencies.push(performance.now() - before);
      } catch {
        failed++;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => loop(client)));
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), failed };
}
