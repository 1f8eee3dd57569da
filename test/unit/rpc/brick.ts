import { FopError } from '../../../src/fop/error.js';
import type { FopName, Reply, Request } from '../../../src/fop/fops.js';
import type { Client, Frame } from '../../../src/fop/frame.js';
import { ROOT_GFID } from '../../../src/fop/gfid.js';
import { type Iatt, NO_IATT } from '../../../src/fop/iatt.js';
import { type Handlers, type Notice, Xlator } from '../../../src/fop/translator.js';

export const ROOT_IATT: Iatt = { ...NO_IATT, gfid: ROOT_GFID, mode: 0o40755, nlink: 2, size: 4096 };

export interface Wound {
  readonly fop: FopName;
  readonly request: Request<FopName>;
  readonly frame: Frame;
}

/** A subvolume that notes what comes and answers as the test tells it. */
export class ScriptedBrick extends Xlator {
  readonly type = 'test/brick';
  readonly wound: Wound[] = [];
  readonly gone: Client[] = [];
  handlers: Handlers = {};

  constructor(name = 'brick') {
    super(name, []);
  }

  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    this.wound.push({ fop, request, frame });
    return super.wind(fop, request, frame);
  }

  override clientGone(client: Client): void {
    this.gone.push(client);
  }

  fops(): readonly FopName[] {
    return this.wound.map(({ fop }) => fop);
  }

  /** Says that it is down, as a translator in it would. */
  goDown(): void {
    this.tell({ event: 'child-down', from: this, why: 'test' });
  }

  say(notice: Notice): void {
    this.tell(notice);
  }

  protected async otherwise<F extends FopName>(fop: F): Promise<Reply<F>> {
    if (fop === 'lookup')
      return { stat: ROOT_IATT, postparent: NO_IATT, xdata: null } as unknown as Reply<F>;
    if (['open', 'opendir', 'flush', 'release', 'releasedir', 'inodelk'].includes(fop))
      return { xdata: null } as unknown as Reply<F>;
    throw new FopError('EOPNOTSUPP', this.name);
  }
}

/** A promise and the means to settle it. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
