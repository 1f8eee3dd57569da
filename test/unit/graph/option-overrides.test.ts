import assert from 'node:assert/strict';
import {
  OverrideError,
  overrideOptions,
  parseOverride,
} from '../../../src/graph/option-overrides.js';
import { parseVolfile } from '../../../src/graph/volfile.js';

const VOLUMES = parseVolfile(`
volume r2-posix
    type storage/posix
    option directory /bricks/b0
end-volume
volume r2-server
    type protocol/server
    option transport.socket.listen-port 1
    subvolumes r2-posix
end-volume
`);

const laid = (...words: readonly string[]): string[] =>
  overrideOptions(VOLUMES, words.map(parseOverride)).flatMap(({ name, options }) =>
    options.map(({ key, value }) => `${name} ${key} ${value}`),
  );

const DIRECTORY = 'r2-posix directory /bricks/b0';
const PORT = 'r2-server transport.socket.listen-port 1';

const ROWS: readonly (readonly [words: readonly string[], options: readonly string[]])[] = [
  [[], [DIRECTORY, PORT]],
  [['r2-server.transport.socket.listen-port=2'], [DIRECTORY, `${PORT.slice(0, -1)}2`]],
  [['*-server.listen-port=2'], [DIRECTORY, PORT, 'r2-server listen-port 2']],
  [['r?-posix.directory=/a=b c'], ['r2-posix directory /a=b c', PORT]],
  [
    ['*.x=1', '*.x=2'],
    [DIRECTORY, 'r2-posix x 2', PORT, 'r2-server x 2'],
  ],
  [['r2-posix.x='], [DIRECTORY, 'r2-posix x ', PORT]],
];

describe('--xlator-option', () => {
  for (const [words, options] of ROWS)
    it(`${words.join(', ') || 'none'}`, () => assert.deepEqual(laid(...words), options));

  for (const word of ['', 'x', 'x.y', '.y=1', 'x.=1', 'x=1.y', 'r3-*.x=1', 'r2.posix.x=1', '(.x=1'])
    it(`${JSON.stringify(word)} is refused`, () =>
      assert.throws(
        () => laid(word),
        (error) => error instanceof OverrideError && error.message.startsWith(`${word}: `),
      ));
});
