import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { FopError } from '../../src/fop/error.js';
import type { Graph } from '../../src/graph/graph.js';
import type { Volume } from '../../src/mount/volume.js';
import { SimRandom } from '../sim/random.js';
import { HostileServer } from './hostile-server.js';
import { Target } from './target.js';
import { connected } from './witness.js';

/** Damaged replies that the client has to live through. */
const DAMAGED = 60;
const CONTENT = Buffer.alloc(300_000, 'what was written ');

describe('our client of a brick whose replies are damaged', function () {
  this.timeout(120_000);
  let target: Target;
  let hostile: HostileServer | undefined;
  let graph: Graph | undefined;
  before(async () => {
    target = await Target.start();
  });
  after(async () => {
    await graph?.stop();
    hostile?.close();
    await target?.remove();
  });

  it(`every call is answered, with what is there or a FopError, through ${DAMAGED} of them`, async () => {
    const [direct, good] = await connected(target.port, 'quiet');
    await good.writeFile('f', CONTENT);
    await good.mkdir('d');
    await direct.stop();
    hostile = await HostileServer.before(target.port, new SimRandom('hostile'), 4);
    const [client, volume] = await connected(hostile.port, 'quiet');
    graph = client;
    const outcomes = new Map<string, number>();
    while (hostile.damaged < DAMAGED) {
      const all = await Promise.all(callsOf(volume));
      for (const outcome of all) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const isDown = all.every((outcome) => outcome === 'ENOTCONN');
      await sleep(isDown ? 20 : 0);
    }
    assert.ok((outcomes.get('done') ?? 0) > 0, 'some are answered rightly');
    assert.ok((outcomes.get('ENOTCONN') ?? 0) > 0, 'a reply that is no reply ends the connection');
  });
});

/** One of each kind, as the words `done` or an errno; anything else is a bug and is thrown. */
function callsOf(volume: Volume): Promise<string>[] {
  return [
    volume.readFile('f'),
    volume.stat('f'),
    volume.list('/'),
    volume.getxattr('f', 'user.none'),
    volume.writeFile('g', Buffer.from('g')),
    volume.rename('g', 'h'),
    volume.setxattr('f', 'user.x', Buffer.from('x')),
    volume.unlink('h'),
  ].map(outcomeOf);
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof FopError) return error.errno;
    throw error;
  }
}
