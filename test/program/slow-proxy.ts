import { createConnection, createServer, type Socket } from 'node:net';

/*
 * node slow-proxy.js HOST DELAY_MS LISTEN=TARGET…: takes connections at ports of every address and passes them on to ports of
 * HOST, each byte as much later, both ways.
 */
const [host = '', delay = '', ...pairs] = process.argv.slice(2);

function pass(from: Socket, to: Socket): void {
  const late = (run: () => void): void => void setTimeout(run, Number(delay));
  from.on('data', (chunk) => late(() => to.write(chunk)));
  from.on('close', () => late(() => to.destroy()));
  from.on('error', () => undefined);
}

for (const pair of pairs) {
  const [listen, target] = pair.split('=').map(Number);
  createServer((socket) => {
    const onward = createConnection({ host, port: target ?? 0 });
    pass(socket, onward);
    pass(onward, socket);
  }).listen(listen, '0.0.0.0', () => process.stdout.write('ready\n'));
}
