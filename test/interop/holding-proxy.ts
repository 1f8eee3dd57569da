import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** Between one client and a server: can keep what the client sends, let the client go, and deliver it later all the same. */
export class HoldingProxy {
  private readonly server: Server;
  private kept: Buffer[] | undefined;
  private near: Socket | undefined;
  private far: Socket | undefined;

  private constructor(to: number) {
    this.server = createServer((near) => {
      const far = createConnection({ host: '127.0.0.1', port: to });
      this.near = near;
      this.far = far;
      near.on('data', (chunk: Buffer) => {
        if (this.kept === undefined) far.write(chunk);
        else this.kept.push(chunk);
      });
      far.on('data', (chunk) => near.write(chunk));
      near.on('error', () => undefined);
      far.on('error', () => undefined);
      near.on('close', () => {
        if (this.kept === undefined) far.destroy();
      });
      far.on('close', () => near.destroy());
    });
  }

  static async to(port: number): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(port);
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** From here on nothing of the client arrives. */
  hold(): void {
    this.kept = [];
  }

  get keptBytes(): number {
    return (this.kept ?? []).reduce((sum, { length }) => sum + length, 0);
  }

  /** The client loses its connection and no other is taken; the server does not know. */
  async cut(): Promise<void> {
    this.server.close();
    const gone = this.near && once(this.near, 'close');
    this.near?.destroy();
    await gone;
  }

  /** What was kept arrives. */
  deliver(): void {
    for (const chunk of this.kept ?? []) this.far?.write(chunk);
    this.kept = undefined;
  }

  close(): void {
    this.server.close();
    this.near?.destroy();
    this.far?.destroy();
  }
}
