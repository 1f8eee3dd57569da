import { createServer } from 'node:http';

/** Somebody who answers `GET /v1/status` at a node's address with whatever it is told to say. */
export async function imposter(
  port: number,
  says: () => object,
): Promise<{ end(): Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url !== '/v1/status') return void response.writeHead(404).end();
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(says()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    end: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
