import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { until } from './until.js';

/*
 * The other end of NOTIFY_SOCKET: what systemd does, as far as a test needs it. Node has no unix datagrams, so this takes the
 * system's own calls.
 */

const koffi = createRequire(import.meta.url)('koffi') as {
  load(path: null): {
    func(name: string, result: string, parameters: string[]): (...args: unknown[]) => number;
  };
};
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
const library = koffi.load(null);
const socket = library.func('socket', 'int', ['int', 'int', 'int']);
const bind = library.func('bind', 'int', ['int', 'void *', 'unsigned int']);
const recv = library.func('recv', 'int64_t', ['int', 'void *', 'size_t', 'int']);

export class NotifyReceiver {
  readonly heard: string[] = [];
  private readonly file = socket(AF_UNIX, SOCK_DGRAM, 0);

  /** Listens at a path, or with `@` in front at an abstract name. */
  constructor(name: string) {
    const path = name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`;
    const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(path)]);
    if (bind(this.file, address, address.length) !== 0) throw new Error(`cannot bind ${name}`);
  }

  /** All that has come by now, oldest first. */
  take(): readonly string[] {
    const into = Buffer.alloc(65_536);
    for (;;) {
      const size = Number(recv(this.file, into, into.length, MSG_DONTWAIT));
      if (size < 0) return this.heard;
      this.heard.push(into.toString('utf8', 0, size));
    }
  }

  /** Everything before now is forgotten. */
  forget(): void {
    this.take();
    this.heard.length = 0;
  }

  until(pattern: RegExp, timeoutMs = 15_000): Promise<string> {
    return until(
      `the service manager hears ${pattern}`,
      () => {
        const found = this.take().find((text) => pattern.test(text));
        if (found === undefined) throw new Error(`it heard ${JSON.stringify(this.heard)}`);
        return found;
      },
      timeoutMs,
    );
  }

  close(): void {
    closeSync(this.file);
  }
}
