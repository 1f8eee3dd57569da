import type { Explanation } from './explanation.js';

/** HFS-4: who may. */
export const ACCESS = {
  'HFS-4001': {
    means: 'Whoever asked may not do this. Nothing was done.',
    causes: [
      'a write, or a key below private/, without credentials: writes are for root',
      'a token that is not the one of the state directory of the node that was asked',
      'another user than the one hekafsd runs as: socket and token are for that one alone',
      'a request from a web page: those count as strangers even on this machine',
    ],
    todo: [
      'on the node itself, as the user of hekafsd: the socket is used by itself',
      'over TCP: --server HOST:PORT --state-dir DIR, or "Authorization: Bearer" with the content of DIR/token',
    ],
  },
} as const satisfies Readonly<Record<string, Explanation>>;
