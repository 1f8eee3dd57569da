import { type Answer, badRequest, json } from './http-answer.js';
import { relayed } from './http-relay.js';
import type { Asked, Route, Served } from './http-route.js';
import { fieldsOf } from './json-fields.js';

const MAX_REQUEST_BYTES = 64 * 1024;

/** The check of lists and copies: start one, and see how far it is. */
export const VERIFY_ROUTES: readonly Route[] = [
  {
    path: '/v1/verify',
    actions: {
      GET: { need: 'root', handle: relayed(0, ({ verbs }) => json(verbs.verifyProgress())) },
      POST: { need: 'root', handle: relayed(MAX_REQUEST_BYTES, verify) },
    },
  },
];

async function verify(served: Served, asked: Asked): Promise<Answer> {
  const fields = fieldsOf(await asked.body(MAX_REQUEST_BYTES));
  const request = { repair: fields.bool('repair'), adopt: fields.bool('adopt') };
  fields.done();
  if (request.repair && request.adopt)
    throw badRequest('verify takes one of repair and adopt', 'one undoes what the other keeps');
  return json(await served.verbs.verify(request, asked.asker));
}
