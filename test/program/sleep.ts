/* A process that does nothing, for a while. */

process.stdout.write('awake\n');
setTimeout(() => {}, 30_000);
