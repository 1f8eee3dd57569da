import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './readme-tables.js';
import { ROOT } from './sources.js';

/* `npm run readme`: brings the tables of README.md up to date. */

const path = join(ROOT, 'README.md');
writeFileSync(path, withTables(readFileSync(path, 'utf8')));
