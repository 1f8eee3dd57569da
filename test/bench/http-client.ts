import { Agent, request } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Asks one address over one kept connection. The same for every system. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly host: string;
  private readonly port: number;

  constructor(address: string) {
    const at = address.lastIndexOf(':');
    this.host = address.slice(0, at);
    this.port = Number(address.slice(at + 1));
  }

  /** Rejects where no answer came. */
  send({ method, path, headers, body }: Asked): Promise<Answer> {
    const { host, port, agent } = this;
    const length = { 'Content-Length': body?.length ?? 0 };
    return new Promise((resolve, reject) => {
      const asked = { host, port, agent, method, path, headers: { ...headers, ...length } };
      const sent = request(asked, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
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

/** One request over a connection of its own. */
export async function askOnce(address: string, asked: Asked): Promise<Answer> {
  const client = new HttpClient(address);
  try {
    return await client.send(asked);
  } finally {
    client.close();
  }
}

export async function askJson<T>(address: string, asked: Asked): Promise<T> {
  const { status, body } = await askOnce(address, asked);
  if (status !== 200) throw new Error(`${asked.path}: ${status} ${body}`);
  return JSON.parse(body.toString()) as T;
}
