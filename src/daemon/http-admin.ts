import { readEngine } from './engine.js';
import { type Answer, badRequest, json, text } from './http-answer.js';
import { relayed, relayRequest } from './http-relay.js';
import type { Asked, Route, Served } from './http-route.js';
import { initialValues } from './initial-values.js';
import { fieldsOf } from './json-fields.js';

const MAX_REQUEST_BYTES = 64 * 1024;
/** JSON of a whole initial configuration. */
export const MAX_INIT_BYTES = 16 * 1024 * 1024;
const DEFAULT_TTL_SECONDS = 3600;
const MAX_TTL_SECONDS = 30 * 24 * 3600;

/** What changes the cluster rather than a value. */
export const ADMIN_ROUTES: readonly Route[] = [
  { path: '/v1/serve', actions: { POST: { need: 'root', handle: serve } } },
  { path: '/v1/join', actions: { POST: { need: 'root', handle: join } } },
  { path: '/v1/retire', actions: { POST: { need: 'root', handle: retire } } },
  {
    path: '/v1/token',
    actions: { POST: { need: 'root', handle: relayed(MAX_REQUEST_BYTES, createToken) } },
  },
  { path: '/v1/init', actions: { POST: { need: 'root', handle: relayed(MAX_INIT_BYTES, init) } } },
  { path: '/v1/volfile', actions: { GET: { need: 'root', handle: volfile } } },
];

async function serve(served: Served, asked: Asked): Promise<Answer> {
  const fields = fieldsOf(await asked.body(MAX_REQUEST_BYTES));
  const request = {
    bootstrap: fields.bool('bootstrap'),
    join: fields.text('join'),
    token: fields.text('token'),
    brick: fields.text('brick'),
    engine: readEngine(fields.text('engine')),
  };
  fields.done();
  if (request.bootstrap && request.join !== undefined)
    throw badRequest(
      'serve takes one of bootstrap and join',
      'the first server bootstraps, others join',
    );
  return json(await served.verbs.serve(request, asked.asker));
}

async function join(served: Served, asked: Asked): Promise<Answer> {
  const fields = fieldsOf(await asked.body(MAX_REQUEST_BYTES));
  const request = { join: fields.text('join'), token: fields.text('token') };
  fields.done();
  if (request.join === undefined)
    throw badRequest('join needs the address of a member', 'it is HOST:PORT');
  return json(await served.verbs.join(request, asked.asker));
}

/** A node that does not serve leaves by itself; a server is retired by the servers. */
async function retire(served: Served, asked: Asked): Promise<Answer> {
  const body = await asked.body(MAX_REQUEST_BYTES);
  const fields = fieldsOf(body);
  const node = fields.text('node');
  const isSelf = node === undefined || node === served.verbs.status().node;
  if (served.relay && !isSelf) return relayRequest(served, asked, body);
  const options = { force: fields.bool('force'), dryRun: fields.bool('dryRun') };
  fields.done();
  return json(await served.verbs.retire(node, options, asked.asker));
}

async function createToken(served: Served, asked: Asked): Promise<Answer> {
  const fields = fieldsOf(await asked.body(MAX_REQUEST_BYTES));
  const ttlSeconds = fields.number('ttl', { min: 1, max: MAX_TTL_SECONDS }) ?? DEFAULT_TTL_SECONDS;
  fields.done();
  return json(await served.verbs.createToken(ttlSeconds, asked.asker));
}

async function init(served: Served, asked: Asked): Promise<Answer> {
  const values = initialValues(await asked.body(MAX_INIT_BYTES));
  return json(await served.verbs.init(values, asked.asker));
}

async function volfile(served: Served, asked: Asked): Promise<Answer> {
  return text(await served.verbs.volfile(asked.asker));
}
