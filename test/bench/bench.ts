import { benchConfig } from './config.js';

/** npm run bench -- NAME [SECONDS] */
const BENCHES: Readonly<Record<string, (seconds: number) => Promise<void>>> = {
  config: benchConfig,
};

const [name = 'config', seconds = '3'] = process.argv.slice(2);
const bench = BENCHES[name];
if (bench === undefined || !(Number(seconds) > 0)) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [SECONDS]\n`);
  process.exitCode = 2;
} else await bench(Number(seconds));
