import { main } from './hfs-config.js';

/* Where the program begins: the bundle is made from here. */

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
process.once('SIGINT', () => process.exit(130));

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
