import fc from 'fast-check';
import { Fd } from '../../src/fop/fd.js';
import { FOP_NAMES, type FopName } from '../../src/fop/fops.js';
import { ROOT_FRAME } from '../../src/fop/frame.js';
import { ROOT_GFID } from '../../src/fop/gfid.js';
import type { Translator } from '../../src/fop/translator.js';
import { outcomeOf } from '../../src/fop/wind.js';
import { memoryNetwork } from '../contract/memory-network.js';
import { SimRandom } from '../sim/random.js';
import { requestOf } from '../unit/rpc/arbitraries.js';
import { ManualClock } from '../unit/rpc/manual-clock.js';
import { clientOf, platformOf } from '../unit/rpc/pair.js';
import { HostileBrick } from './hostile-brick.js';

/** Fops that are under way at once. */
const VOLLEY = 32;
const OPENING: readonly FopName[] = ['open', 'opendir', 'create'];
/** Longer than any fop may be without an answer. */
const FRAME_TIMEOUT_MS = 5000;

export interface ClientToll {
  /** Records that the server has sent. */
  records: number;
  connections: number;
  fops: number;
  /** Fops that were answered with a reply, however little it means. */
  replies: number;
}

/** Winds fops through a protocol/client to a hostile server until that has sent so many records. Every fop must end, in a reply or a FopError. */
export async function runClient(
  records: number,
  seed: string,
  progress: (toll: ClientToll) => void = () => undefined,
): Promise<ClientToll> {
  const random = new SimRandom(seed);
  const [network, clock] = [memoryNetwork({ keepsNone: true }), new ManualClock()];
  const server = new HostileBrick(random.fork('server'));
  const listener = await server.listen(network);
  const client = clientOf(listener.endpoint.port, platformOf(network, clock), {
    'frame-timeout': `${FRAME_TIMEOUT_MS / 1000}`,
  });
  await client.start();
  const toll: ClientToll = { records: 0, connections: 0, fops: 0, replies: 0 };
  const requests = requestsOf(random);
  while (toll.records < records) {
    let left = VOLLEY;
    for (let shot = 0; shot < VOLLEY; shot += 1) {
      const [fop, request] = random.pick(requests);
      void shoot(client, fop, fresh(fop, request)).then((isAnswered) => {
        left -= 1;
        if (isAnswered) toll.replies += 1;
      });
    }
    for (let steps = 0; left > 0 || !client.isUp; steps += 1) {
      if (steps > 1000) throw new Error(`seed ${seed}: ${left} fops never end`);
      await clock.advance(steps < 3 ? 0 : FRAME_TIMEOUT_MS);
    }
    toll.fops += VOLLEY;
    toll.records = server.sent;
    toll.connections = server.connections;
    progress(toll);
  }
  await client.stop();
  await listener.close();
  return toll;
}

/** True where there was a reply. What was opened is given back, as every caller does. */
async function shoot(client: Translator, fop: FopName, request: object): Promise<boolean> {
  const outcome = await outcomeOf(client.wind(fop, request as never, ROOT_FRAME));
  if (OPENING.includes(fop) && 'fd' in request) {
    const release = { fd: request.fd as Fd, xdata: null };
    await outcomeOf(client.wind(fop === 'opendir' ? 'releasedir' : 'release', release, ROOT_FRAME));
  }
  return 'reply' in outcome;
}

function requestsOf(random: SimRandom): readonly (readonly [FopName, object])[] {
  return FOP_NAMES.flatMap((fop) =>
    fc
      .sample(requestOf(fop), { numRuns: 3, seed: random.int(2 ** 31) })
      .map((request) => [fop, request] as const),
  );
}

/** On files that need not be open, and with an fd of its own where it opens one. */
function fresh(fop: FopName, request: object): object {
  if (OPENING.includes(fop)) return { ...request, fd: new Fd(ROOT_GFID, 0) };
  const names = ['fd', 'fdIn', 'fdOut'].filter((name) => name in request);
  const fds = names.map((name) => [name, Fd.anonymous(ROOT_GFID)] as const);
  return { ...request, ...Object.fromEntries(fds) };
}
