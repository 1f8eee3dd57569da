import type { FopError } from '../../../fop/error.js';
import type { Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { Handlers } from '../../../fop/translator.js';
import { outcomeOf } from '../../../fop/wind.js';
import { errorOf } from './errno-rank.js';
import type { OpenFds } from './open-fds.js';
import type { Replica } from './replica.js';

const GETLK = 0;
const UNLOCK = 2;
const ENTRY_UNLOCK = 1;

/**
 * Locks that the caller asks for. They are taken at one child after the other, in an order that is the same for all clients,
 * so that those who wait do not wait for each other; and they hold where a quorum has granted them. An unlock goes
 * to all.
 */
export class LockFops {
  readonly handlers: Handlers = {
    lk: (request, frame) => this.lk(request, frame),
    inodelk: (request, frame) =>
      this.take(
        request.type === UNLOCK,
        (child) => this.replica.windTo(child, 'inodelk', request, frame),
        (child) => this.replica.windTo(child, 'inodelk', givenBack(request), frame),
      ),
    finodelk: (request, frame) =>
      this.take(
        request.type === UNLOCK,
        (child) => this.fds.wind(child, 'finodelk', request.fd, request, frame),
        (child) => this.fds.wind(child, 'finodelk', request.fd, givenBack(request), frame),
      ),
    entrylk: (request, frame) =>
      this.take(
        request.cmd === ENTRY_UNLOCK,
        (child) => this.replica.windTo(child, 'entrylk', request, frame),
        (child) => this.replica.windTo(child, 'entrylk', { ...request, cmd: ENTRY_UNLOCK }, frame),
      ),
    fentrylk: (request, frame) =>
      this.take(
        request.cmd === ENTRY_UNLOCK,
        (child) => this.fds.wind(child, 'fentrylk', request.fd, request, frame),
        (child) => {
          const back = { ...request, cmd: ENTRY_UNLOCK };
          return this.fds.wind(child, 'fentrylk', request.fd, back, frame);
        },
      ),
  };

  constructor(
    private readonly replica: Replica,
    private readonly fds: OpenFds,
  ) {}

  /** F_GETLK takes nothing: the first child that answers tells. */
  private async lk(request: Request<'lk'>, frame: Frame): Promise<Reply<'lk'>> {
    const { fd, cmd, type } = request;
    this.fds.check(fd);
    const wind = (child: number) => this.fds.wind(child, 'lk', fd, request, frame);
    if (cmd === GETLK && type !== UNLOCK) return this.first(wind);
    const back = { ...request, cmd: 1, type: UNLOCK, flock: { ...request.flock, type: UNLOCK } };
    return this.take(type === UNLOCK, wind, (child) => this.fds.wind(child, 'lk', fd, back, frame));
  }

  private async first<R>(wind: (child: number) => Promise<R>): Promise<R> {
    const errors: FopError[] = [];
    for (const child of await this.replica.ready()) {
      const outcome = await outcomeOf(wind(child));
      if ('reply' in outcome) return outcome.reply;
      errors.push(outcome.error);
    }
    throw errorOf(errors) ?? this.replica.error('ENOTCONN', 'nobody answered');
  }

  /** A lock that anybody refuses is given back by those who granted it. */
  private async take<R>(
    isUnlock: boolean,
    wind: (child: number) => Promise<R>,
    giveBack: (child: number) => Promise<unknown>,
  ): Promise<R> {
    const granted: { readonly child: number; readonly reply: R }[] = [];
    const errors: FopError[] = [];
    for (const child of await this.replica.ready()) {
      const outcome = await outcomeOf(wind(child));
      if ('reply' in outcome) granted.push({ child, reply: outcome.reply });
      else errors.push(outcome.error);
      if ('error' in outcome && outcome.error.errno === 'EAGAIN' && !isUnlock) break;
    }
    const [first] = granted;
    const isRefused = !isUnlock && errors.some(({ errno }) => errno === 'EAGAIN');
    const isEnough = isUnlock || this.replica.isEnough(granted.map(({ child }) => child));
    if (first !== undefined && isEnough && !isRefused) return first.reply;
    if (!isUnlock) for (const { child } of granted) await outcomeOf(giveBack(child));
    const refusal = errors.find(({ errno }) => errno === 'EAGAIN');
    throw refusal ?? errorOf(errors) ?? this.replica.error('ENOTCONN', 'too few locked it');
  }
}

function givenBack<R extends Request<'inodelk'> | Request<'finodelk'>>(request: R): R {
  return { ...request, cmd: 1, type: UNLOCK, flock: { ...request.flock, type: UNLOCK } };
}
