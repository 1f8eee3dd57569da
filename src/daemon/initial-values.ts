import { ConfigError } from '../config/error.js';
import { checkKey, type Key, MAX_VALUE_BYTES } from '../config/key.js';
import { badRequest } from './http-answer.js';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Reads the JSON of `init`: objects are directories, strings are values, `{"base64": "…"}` is a value of any
 * bytes. So a directory cannot consist of one value named `base64`. Throws HFS-1001, -1002 or -1003.
 */
export function initialValues(body: Buffer): ReadonlyMap<Key, Buffer> {
  const root = parsed(body);
  if (!isObject(root)) throw unfit('not an initial configuration', 'it is a JSON object');
  const values = new Map<Key, Buffer>();
  collect('', root, values);
  return values;
}

/** The way back: values as the JSON that `init` takes. Text stands as text. */
export function initialJson(values: ReadonlyMap<Key, Buffer>): string {
  const root: Tree = new Map();
  for (const [key, value] of values) {
    const components = key.split('/');
    const name = components.pop() ?? '';
    directoryAt(root, components).set(name, value);
  }
  return JSON.stringify(plain(root));
}

type Tree = Map<string, Buffer | Tree>;

function directoryAt(root: Tree, path: readonly string[]): Tree {
  let at = root;
  for (const name of path) {
    const next = at.get(name) ?? new Map<string, Buffer | Tree>();
    if (Buffer.isBuffer(next)) throw unfit(`"${name}" is a value and a directory`, 'one only');
    at.set(name, next);
    at = next;
  }
  return at;
}

function plain(node: Buffer | Tree): unknown {
  if (Buffer.isBuffer(node))
    return isText(node) ? node.toString('utf8') : { base64: node.toString('base64') };
  return Object.fromEntries([...node].map(([name, child]) => [name, plain(child)]));
}

function isText(value: Buffer): boolean {
  return Buffer.from(value.toString('utf8'), 'utf8').equals(value);
}

function collect(path: Key, directory: object, values: Map<Key, Buffer>): void {
  for (const [name, child] of Object.entries(directory)) {
    if (name.includes('/')) throw unfit(`name ${JSON.stringify(name)}`, 'it holds a slash');
    const key = path === '' ? name : `${path}/${name}`;
    checkKey(key);
    const value = bytesOf(key, child);
    if (value === undefined) collect(key, child as object, values);
    else values.set(key, checkedSize(key, value));
  }
}

/** The bytes of a value; undefined for a directory. */
function bytesOf(key: Key, child: unknown): Buffer | undefined {
  if (typeof child === 'string') return Buffer.from(child, 'utf8');
  if (!isObject(child))
    throw unfit(`value of ${JSON.stringify(key)}`, 'it is neither a string nor an object');
  const { base64 } = child as { base64?: unknown };
  if (Object.keys(child).length !== 1 || typeof base64 !== 'string') return undefined;
  if (!BASE64.test(base64)) throw unfit(`value of ${JSON.stringify(key)}`, 'it is not base64');
  return Buffer.from(base64, 'base64');
}

function checkedSize(key: Key, value: Buffer): Buffer {
  if (value.length <= MAX_VALUE_BYTES) return value;
  const why = `it has ${value.length} bytes, the limit is ${MAX_VALUE_BYTES}`;
  throw new ConfigError(
    'HFS-1003',
    `value of ${JSON.stringify(key)} is too large`,
    why,
    'split it',
  );
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw unfit('the initial configuration is not JSON', String(error));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unfit(what: string, why: string): ConfigError {
  return badRequest(what, why, 'correct it; the README says under hfs_config what init takes');
}
