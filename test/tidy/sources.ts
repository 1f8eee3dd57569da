import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of the project; tests run from dist/test/tidy. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Source {
  /** From the top of the project, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** All files below the given folders whose names end so, in the order of names. */
export function sources(folders: readonly string[], ending = '.ts'): readonly Source[] {
  return folders
    .flatMap((folder) => below(folder))
    .flatMap((path) => {
      if (!path.endsWith(ending)) return [];
      return [{ path, text: readFileSync(join(ROOT, path), 'utf8') }];
    });
}

/** Folders and files below a folder, without what is made or installed. */
function below(folder: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? below(path) : [path];
  });
}

/** What a file imports: modules by name, files of the project by path. */
export function importsOf({ path, text }: Source): readonly string[] {
  const found = text.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom '([^'\n]+)';|\bimport\('([^'\n]+)'\)/gm,
  );
  const bare = text.matchAll(/^import '([^'\n]+)';/gm);
  return [...found, ...bare].map((match) => {
    const name = match[1] ?? match[2] ?? '';
    if (!name.startsWith('.')) return name;
    return normalize(join(path, '..', name)).replace(/\.js$/, '.ts');
  });
}

export interface LongFunction {
  readonly line: number;
  readonly length: number;
}

/**
 * The functions of a formatted file that are longer than `max` lines. The formatter puts the closing brace under
 * the line that opened it, so indentation tells where a function ends.
 */
export function longFunctions(text: string, max: number): readonly LongFunction[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!opensFunction(line)) return [];
    const end = lines.findIndex((other, at) => at > index && closes(other, indentOf(line)));
    const length = end - index + 1;
    return length > max ? [{ line: index + 1, length }] : [];
  });
}

function opensFunction(line: string): boolean {
  if (
    !line.endsWith('{') ||
    /^\s*(if|for|while|switch|class|interface|export (abstract )?class)\b/.test(line)
  )
    return false;
  return /\bfunction\b|=> \{$|\)(: [^=]+)? \{$/.test(line);
}

function closes(line: string, indent: string): boolean {
  return line.startsWith(`${indent}}`);
}

function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? '';
}
