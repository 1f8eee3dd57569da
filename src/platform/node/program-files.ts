import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Files as a short-lived program reads them: whole, by text names, without the rest of the platform.
 */

/** A file's bytes, or undefined where there is none. Other failures throw Node's error. */
export function readFileIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The words of this process's command line as bytes; undefined where the system does not show them. */
export function commandLineBytes(): Buffer | undefined {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return undefined;
  }
}

/** A path without symlinks in it; where it leads to nothing, as it is. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Standard input to its end, or as soon as it is longer than `maxBytes`. */
export async function readStandardInput(maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return Buffer.concat(chunks);
}

export interface TreeFile {
  /** Relative, with slashes. Bytes that are no UTF-8 show as U+FFFD. */
  readonly path: string;
  readonly kind: 'file' | 'empty-directory' | 'other';
  readonly read: () => Buffer;
}

/** True for a directory, false for anything else that is there, undefined where nothing is. */
export function isDirectoryAt(path: string): boolean | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
}

/** What lies below a directory, in the order of names. Symlinks are not followed: they are `other`. */
export function* walkTree(root: string, below = ''): Generator<TreeFile> {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  if (entries.length === 0 && below !== '')
    yield { path: below, kind: 'empty-directory', read: () => Buffer.alloc(0) };
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walkTree(root, path);
    else
      yield {
        path,
        kind: entry.isFile() ? 'file' : 'other',
        read: () => readFileSync(join(root, path)),
      };
  }
}
