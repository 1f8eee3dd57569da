import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ConfigError } from '../config/error.js';
import type { Endpoint } from '../platform/network.js';
import { DAEMON_OPTIONS, type DaemonOptionName, environmentName } from './option-table.js';
import * as read from './option-value.js';
import { defaultStateDir } from './state-dir.js';

/** Where a value came from, most binding first. */
export type OptionSource = 'flag' | 'environment' | 'file' | 'default';

export interface DaemonOptions {
  /** Absolute. */
  readonly stateDir: string;
  readonly host: string;
  /** What others dial, without a port. */
  readonly address: string;
  readonly http: Endpoint;
  readonly mgmtPort: number;
  readonly brickPorts: read.PortRange;
  /** Where other members may be found, beside those that joined. */
  readonly members: read.MemberOption;
  readonly logLevel: read.LogLevel;
  /** Absolute; undefined is standard error. */
  readonly logFile: string | undefined;
  readonly sources: Readonly<Record<DaemonOptionName, OptionSource>>;
  /** What hekafsd.json says in vain, because a flag or the environment says otherwise. */
  readonly overruled: readonly DaemonOptionName[];
}

/** Texts given for options, as one source has them. */
export type Given = Readonly<Partial<Record<DaemonOptionName, string>>>;

export interface OptionInput {
  readonly flags: Given;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Answers the text of `<state-dir>/hekafsd.json`, or undefined where there is none. */
  readonly readFile: (path: string) => string | undefined;
  readonly isRoot: boolean;
}

/** Puts a daemon's options together: flag, then environment, then file, then default. Throws HFS-1001. */
export function daemonOptions(input: OptionInput): DaemonOptions {
  const environment = fromEnvironment(input.environment);
  const early = input.flags['state-dir'] ?? environment['state-dir'];
  const stateDir = resolve(
    read.nonEmpty(early ?? defaultStateDir(input.environment, input.isRoot)),
  );
  const file = fromFile(resolve(stateDir, 'hekafsd.json'), input.readFile);
  const find = finder({ flag: input.flags, environment, file });
  const http = find('http', read.endpoint) ?? { host: '127.0.0.1', port: 24006 };
  const logFile = find('log-file', read.nonEmpty) ?? '-';
  return {
    stateDir,
    host: find('host', read.nodeName) ?? read.nodeName(hostname()),
    address: find('address', read.dialAddress) ?? read.dialledAt(http.host),
    http,
    mgmtPort: find('mgmt-port', read.port) ?? 24007,
    brickPorts: find('brick-ports', read.portRange) ?? { low: 49152, high: 49407 },
    members: absolute(find('members', read.members) ?? { kind: 'list', hosts: [] }),
    logLevel: find('log-level', read.level) ?? 'info',
    logFile: logFile === '-' ? undefined : resolve(logFile),
    sources: sourcesOf({ flag: input.flags, environment, file }),
    overruled: overruledBy({ ...environment, ...input.flags }, file),
  };
}

function absolute(members: read.MemberOption): read.MemberOption {
  return members.kind === 'file' ? { ...members, path: resolve(members.path) } : members;
}

type Sources = Readonly<Record<Exclude<OptionSource, 'default'>, Given>>;
type Find = <T>(name: DaemonOptionName, parse: (text: string) => T) => T | undefined;

function finder(sources: Sources): Find {
  return (name, parse) => {
    const source = sourceOf(sources, name);
    const text = source === 'default' ? undefined : sources[source][name];
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw error instanceof ConfigError ? named(error, name, source) : error;
    }
  };
}

function named(error: ConfigError, name: DaemonOptionName, source: OptionSource): ConfigError {
  const shown = {
    flag: `--${name}`,
    environment: environmentName(name),
    file: `${name} in hekafsd.json`,
  };
  const where = source === 'default' ? name : shown[source];
  return new ConfigError(error.code, `${where}: ${error.what}`, error.why, error.next);
}

function sourceOf(sources: Sources, name: DaemonOptionName): OptionSource {
  const order = ['flag', 'environment', 'file'] as const;
  return order.find((source) => sources[source][name] !== undefined) ?? 'default';
}

function sourcesOf(sources: Sources): Readonly<Record<DaemonOptionName, OptionSource>> {
  const pairs = DAEMON_OPTIONS.map(({ name }) => [name, sourceOf(sources, name)] as const);
  return Object.fromEntries(pairs) as Record<DaemonOptionName, OptionSource>;
}

function overruledBy(above: Given, file: Given): readonly DaemonOptionName[] {
  const names = DAEMON_OPTIONS.map(({ name }) => name);
  return names.filter(
    (name) => above[name] !== undefined && file[name] !== undefined && above[name] !== file[name],
  );
}

/** An empty variable is one that is not set. */
function fromEnvironment(environment: OptionInput['environment']): Given {
  const pairs = DAEMON_OPTIONS.map(
    ({ name }) => [name, environment[environmentName(name)]] as const,
  );
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined && value !== ''));
}

function fromFile(path: string, readFile: OptionInput['readFile']): Given {
  const text = readFile(path);
  if (text === undefined) return {};
  const parsed = parseObject(path, text);
  const given: Partial<Record<DaemonOptionName, string>> = {};
  for (const [key, value] of Object.entries(parsed)) {
    const option = DAEMON_OPTIONS.find(({ name }) => name === key);
    if (option === undefined || option.name === 'state-dir')
      throw badFile(path, `${JSON.stringify(key)} cannot stand there`);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw badFile(path, `${JSON.stringify(key)} is neither text nor a number`);
    given[option.name] = String(value);
  }
  return given;
}

function parseObject(path: string, text: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw badFile(path, String(error));
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw badFile(path, 'it is not a JSON object');
}

function badFile(path: string, why: string): ConfigError {
  return new ConfigError(
    'HFS-1001',
    `${path} cannot be used`,
    why,
    'correct the file or move it away',
  );
}
