import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { longFunctions, ROOT, type Source, sources } from './sources.js';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 70;

interface Ban {
  readonly pattern: RegExp;
  /** Where it may stand after all. */
  readonly except: readonly string[];
  readonly example: string;
}

/** Calls that reach outside past the platform, and words that promise nothing. */
const BANS: readonly Ban[] = [
  { pattern: /\bconsole\./, except: [], example: 'console.log(1)' },
  { pattern: /\bDate\.now\b/, except: ['src/platform/'], example: 'Date.now()' },
  { pattern: /\bnew Date\(\)/, except: ['src/platform/'], example: 'new Date()' },
  {
    pattern: /(?<!\.)\bset(Timeout|Interval|Immediate)\(/,
    except: ['src/platform/', 'src/cli/'],
    example: 'setTimeout(f, 1)',
  },
  {
    pattern: /\bperformance\.now\b/,
    except: ['src/platform/', 'src/cli/'],
    example: 'performance.now()',
  },
  { pattern: /\bMath\.random\b/, except: [], example: 'Math.random()' },
  { pattern: /\bprocess\.exit\(/, except: ['src/daemon/', 'src/cli/'], example: 'process.exit(1)' },
  { pattern: /: any($|[;,)\]=[])|\bas any\b|<any>/, except: [], example: 'x as any' },
  { pattern: /@ts-(ignore|expect-error|nocheck)/, except: [], example: '// @ts-ignore' },
  { pattern: /^\s*(export )?(const )?enum\b/m, except: [], example: 'enum X {' },
  { pattern: /^\s*(export )?namespace [\w.]+ \{/m, except: [], example: 'namespace X {' },
  { pattern: /^export default\b/m, except: [], example: 'export default 1' },
  { pattern: /^export \* from/m, except: [], example: "export * from './x.js'" },
  { pattern: /\b(FIXME|XXX|HACK)\b/, except: [], example: '// FIXME' },
];

/** `features/index` is a translator; any other index is a barrel. */
const FORBIDDEN_NAMES =
  /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)|(^|\/)(?<!features\/index\/|xlators\/)index(\.ts$)/;

function offences(source: Source, { pattern, except }: Ban): readonly string[] {
  if (except.some((place) => source.path.startsWith(place))) return [];
  const lines = source.text.split('\n');
  return lines.flatMap((line, index) =>
    pattern.test(line) ? [`${source.path}:${index + 1} ${line.trim()}`] : [],
  );
}

describe('sources', () => {
  const src = sources(['src']);
  const all = [...src, ...sources(['test'])];

  for (const ban of BANS)
    it(`do without ${ban.pattern.source}`, () => {
      assert.match(ban.example, ban.pattern);
      assert.deepEqual(
        src.flatMap((source) => offences(source, ban)),
        [],
      );
    });

  it('are short files', () => {
    const long = all
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_FILE_LINES);
    assert.deepEqual(long, []);
  });

  it('have short functions', () => {
    const long = src.flatMap(({ path, text }) =>
      longFunctions(text, MAX_FUNCTION_LINES).map(
        ({ line, length }) => `${path}:${line} ${length}`,
      ),
    );
    assert.deepEqual(long, []);
    const example = `function f() {\n${'  x();\n'.repeat(69)}}\n`;
    assert.equal(longFunctions(example, MAX_FUNCTION_LINES).length, 1);
  });

  it('have names that say what is in them', () => {
    const vague = all.map(({ path }) => path).filter((path) => FORBIDDEN_NAMES.test(path));
    assert.deepEqual(vague, []);
    for (const path of ['src/utils/x.ts', 'src/a/common.ts', 'src/index.ts', 'test/types.ts'])
      assert.match(path, FORBIDDEN_NAMES);
  });

  it('have kebab-case names, at most four folders deep', () => {
    const odd = src.filter(({ path }) => !/^src(\/[a-z0-9-]+){1,5}\.ts$/.test(path));
    assert.deepEqual(
      odd.map(({ path }) => path),
      [],
    );
  });
});

describe('what is committed', () => {
  const files = tracked();

  it('names no path of the machine that it was written on', function () {
    if (files === undefined) return this.skip();
    const machine = new RegExp(['/work', '/(main|shared)|/ro', 'ot/|(?<!\\w)/home/[a-z]'].join(''));
    const found = sources(['src', 'test', 'bin', 'volfiles', '.ci'], '').concat(
      sources(['.'], '.md').filter(({ path }) => files.includes(path.replace(/^\.\//, ''))),
    );
    const naming = found.filter(({ text }) => machine.test(text)).map(({ path }) => path);
    assert.deepEqual(naming, []);
  });

  it('has few things at the top', function () {
    if (files === undefined) return this.skip();
    const top = new Set(files.map((path) => path.split('/')[0] ?? ''));
    const known = [
      ...['package.json', 'package-lock.json', 'tsconfig.json', 'src', 'bin', 'volfiles', 'test'],
      ...['README.md', 'CHANGELOG.md', 'LICENSE'],
    ];
    const other = [...top].filter((name) => !name.startsWith('.') && !known.includes(name));
    assert.deepEqual(other, []);
  });
});

/** The files under version control; undefined where this is no clone. */
function tracked(): readonly string[] | undefined {
  try {
    const list = execFileSync('git', ['ls-files', '-z'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return list
      .toString()
      .split('\0')
      .filter((path) => path !== '');
  } catch {
    return undefined;
  }
}
