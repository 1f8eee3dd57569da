import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** States of `/proc/net/tcp`: 0A is LISTEN. */
const LISTENS = '0A';

/**
 * Which process listens at a TCP port of this machine, for an error message: `glusterd (process 812)`. Undefined where the kernel
 * does not tell this user.
 */
export function portHolder(port: number): string | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((name) => listening(name, port)));
  if (sockets.size === 0) return undefined;
  const pid = quietly([], () => readdirSync('/proc')).find(
    (name) => /^\d+$/.test(name) && holdsOne(name, sockets),
  );
  if (pid === undefined) return undefined;
  const name = quietly('?', () => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  return `${name} (process ${pid})`;
}

/** Why a port cannot be used, with who has it where that can be seen. */
export function whyTaken(port: number): string {
  return `${portHolder(port) ?? 'another program'} listens there`;
}

/** `sl local_address rem_address st … uid timeout inode`; addresses are HEX:PORT. */
function listening(name: string, port: number): readonly string[] {
  const text = quietly('', () => readFileSync(`/proc/net/${name}`, 'latin1'));
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const isOurs = words[3] === LISTENS && words[1]?.endsWith(`:${hex}`);
    return isOurs ? [`socket:[${words[9]}]`] : [];
  });
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  const files = quietly([], () => readdirSync(`/proc/${pid}/fd`));
  return files.some((file) =>
    sockets.has(quietly('', () => readlinkSync(`/proc/${pid}/fd/${file}`))),
  );
}

/** A process may end, or be another user's, while it is looked at. */
function quietly<T>(instead: T, look: () => T): T {
  try {
    return look();
  } catch {
    return instead;
  }
}
