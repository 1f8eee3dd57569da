import type { ArgumentSpec } from '../../src/cli/command.js';
import { GLOBAL_OPTIONS } from '../../src/cli/command-line.js';
import { COMMANDS } from '../../src/cli/hfs-config.js';
import { CODES } from '../../src/config/error.js';
import { ROUTES } from '../../src/daemon/http.js';
import { DAEMON_OPTIONS, environmentName } from '../../src/daemon/option-table.js';
import { DIFFERENCES } from '../../src/daemon/servers-report.js';
import type { OptionSpec } from '../../src/graph/spec.js';
import { TRANSLATORS } from '../../src/graph/translators.js';

/** The README's tables, made from those that the programs work with. */
export const TABLES: Readonly<Record<string, () => string>> = {
  commands: () =>
    table(
      ['command', 'does'],
      COMMANDS.map(({ words, doc, options }) => [`${code(words)}${optionList(options)}`, doc]),
    ),
  globals: () =>
    table(
      ['option', 'means'],
      GLOBAL_OPTIONS.map((option) => [code(dashed(option)), option.doc]),
    ),
  hekafsd: () =>
    table(
      ['option', 'environment', 'default', 'means'],
      DAEMON_OPTIONS.map(({ name, value, default: shown, doc }) => [
        code(`--${name} ${value}`),
        code(environmentName(name)),
        shown,
        doc,
      ]),
    ),
  http: () =>
    table(
      ['request', 'who may'],
      ROUTES.flatMap(({ path, actions }) =>
        Object.entries(actions).map(([method, { need, query }]) => [
          code(`${method} ${path}${path.endsWith('/') ? '…' : ''}${queryText(query ?? [])}`),
          WHO[need],
        ]),
      ),
    ),
  codes: () =>
    table(
      ['code', 'means', 'exit', 'HTTP'],
      Object.entries(CODES).map(([name, { title, exit, http }]) => [
        name,
        title,
        String(exit),
        String(http),
      ]),
    ),
  differences: () =>
    table(
      ['word', 'means'],
      Object.entries(DIFFERENCES).map(([kind, text]) => [code(kind), text]),
    ),
  translators: () =>
    table(
      ['type', 'option', 'default', 'means'],
      [...TRANSLATORS.values()].flatMap(({ type, options }) =>
        options.map((option) => [
          code(type),
          code(option.key),
          option.default ?? '',
          meaning(option),
        ]),
      ),
    ),
};

const WHO = {
  public: 'everybody',
  local: 'programs on this machine, and root',
  root: 'root: the local socket, or the token',
  peer: "other nodes, with the cluster's secret or a join token",
} as const;

/** Puts the tables where a text has their markers: `<!-- table NAME -->` to `<!-- end -->`. */
export function withTables(text: string): string {
  return text.replace(
    /<!-- table (\w+) -->\n(.*?)<!-- end -->/gs,
    (_, name: string) => `<!-- table ${name} -->\n${TABLES[name]?.() ?? ''}<!-- end -->`,
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escaped).join(' | ')} |\n`).join('');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function code(text: string): string {
  return `\`${text}\``;
}

function dashed({ name, short }: ArgumentSpec): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}

function optionList(options: readonly ArgumentSpec[]): string {
  return options.map((option) => ` ${code(dashed(option))}`).join('');
}

function queryText(query: readonly string[]): string {
  return query.length === 0 ? '' : `?${query.join('&')}`;
}

function meaning({ doc, inert, only }: OptionSpec): string {
  const limit = only === undefined ? '' : ` Only ${only.map(code).join(', ')}.`;
  return `${doc}${limit}${inert === undefined ? '' : ` No effect: ${inert}.`}`;
}
