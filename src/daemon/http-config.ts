import { ConfigError } from '../config/error.js';
import { checkKey, isPrivate, isTooLong, type Key, MAX_VALUE_BYTES } from '../config/key.js';
import { refused } from './http-access.js';
import { type Answer, badRequest, bytes, HttpRefusal, json } from './http-answer.js';
import { relayed } from './http-relay.js';
import { type Asked, flag, type Route, type Served } from './http-route.js';
import { jsonValue } from './json-value.js';
import type { Condition, Found, Listed } from './verbs.js';

const READ_QUERY = ['stale', 'recursive', 'values'];

/** `/v1/config/KEY`: values as they are, directories as a listing. */
export const CONFIG_ROUTES: readonly Route[] = [
  {
    path: '/v1/config/',
    actions: {
      GET: { need: 'local', query: READ_QUERY, handle: relayed(0, getConfig) },
      PUT: { need: 'root', handle: relayed(MAX_VALUE_BYTES, putConfig) },
      DELETE: { need: 'root', query: ['recursive'], handle: relayed(0, deleteConfig) },
    },
  },
  {
    path: '/v1/config',
    actions: {
      GET: { need: 'local', query: READ_QUERY, handle: relayed(0, getConfig) },
    },
  },
];

async function getConfig(served: Served, asked: Asked): Promise<Answer> {
  const key = keyOf(asked.rest.replace(/\/$/, ''));
  if (isPrivate(key) && !asked.asker.isRoot) throw refused('private/ is for root');
  const options = {
    stale: flag(asked.query, 'stale'),
    recursive: flag(asked.query, 'recursive'),
    values: flag(asked.query, 'values'),
  };
  const found = await served.verbs.get(key, options, asked.asker);
  if (found.kind === 'directory') return listing(found, asked.asker.isRoot);
  if (asked.rest.endsWith('/')) throw notDirectory(key);
  return valueAnswer(found, asked.headers['if-none-match']);
}

async function putConfig(served: Served, asked: Asked): Promise<Answer> {
  const key = keyOf(asked.rest);
  checkAsked(key);
  const condition = conditionOf(asked);
  const value = await asked.body(MAX_VALUE_BYTES);
  return json(await served.verbs.put(key, value, condition, asked.asker));
}

async function deleteConfig(served: Served, asked: Asked): Promise<Answer> {
  const key = keyOf(asked.rest.replace(/\/$/, ''));
  checkAsked(key);
  const options = { recursive: flag(asked.query, 'recursive'), condition: conditionOf(asked) };
  return json(await served.verbs.remove(key, options, asked.asker));
}

/** The key of a percent-encoded path. An empty one is the root directory, for a read. */
export function keyOf(path: string): Key {
  const key = decoded(path);
  if (key !== '') checkAsked(key);
  return key;
}

/** Throws HFS-1002: status 414 for a key that is too long, 400 for one that cannot be. */
function checkAsked(key: Key): void {
  try {
    checkKey(key);
  } catch (error) {
    if (error instanceof ConfigError && isTooLong(key)) throw new HttpRefusal(414, error.toJSON());
    throw error;
  }
}

/** What `If-Match` and `If-None-Match` ask of a write. */
export function conditionOf(asked: Pick<Asked, 'headers'>): Condition {
  const match = asked.headers['if-match'];
  const noneMatch = asked.headers['if-none-match'];
  if (match !== undefined && noneMatch !== undefined)
    throw badRequest('two conditions', 'If-Match and If-None-Match exclude each other');
  if (noneMatch !== undefined && noneMatch !== '*')
    throw badRequest(`If-None-Match: ${noneMatch}`, 'a write takes only *');
  if (noneMatch !== undefined) return { ifAbsent: true };
  return match === undefined ? null : { ifRevision: revisionOf(match) };
}

function revisionOf(tag: string): number {
  const revision = Number(/^"(\d{1,16})"$/.exec(tag)?.[1]);
  if (!Number.isSafeInteger(revision))
    throw badRequest(`If-Match: ${tag}`, 'it takes one revision in quotes, as ETag shows it');
  return revision;
}

function valueAnswer(found: Found & { kind: 'value' }, seen: string | undefined): Answer {
  const tag = `"${found.revision}"`;
  const headers = {
    ETag: tag,
    'HFS-Revision': String(found.storeRevision),
    'HFS-Modified': new Date(found.modifiedMs).toISOString(),
    ...age(found.ageMs),
  };
  if (seen === tag) return { status: 304, headers, body: Buffer.alloc(0) };
  return bytes(found.value, headers);
}

function listing(found: Found & { kind: 'directory' }, isRoot: boolean): Answer {
  const seen = found.entries.filter((entry) => isRoot || !isHidden(entry));
  const entries = seen.map(({ value, ...entry }) =>
    value === undefined ? entry : { ...entry, ...jsonValue(value) },
  );
  const headers = { 'HFS-Revision': String(found.storeRevision), ...age(found.ageMs) };
  return json({ key: found.key, revision: found.storeRevision, entries }, headers);
}

function isHidden(entry: Listed): boolean {
  return isPrivate(entry.key.replace(/\/$/, ''));
}

function age(ageMs: Found['ageMs']): Readonly<Record<string, string>> {
  if (ageMs === null) return {};
  return { 'HFS-Age': ageMs === 'unknown' ? ageMs : (ageMs / 1000).toFixed(3) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    const why = 'a percent sign is not followed by two hexadecimal digits of UTF-8 text';
    throw new ConfigError('HFS-1002', 'key refused', why, 'encode the key');
  }
}

function notDirectory(key: Key): ConfigError {
  const why = 'it is a value, and the path ends in a slash';
  return new ConfigError(
    'HFS-1004',
    `no directory ${JSON.stringify(key)}`,
    why,
    'leave the slash away',
  );
}
