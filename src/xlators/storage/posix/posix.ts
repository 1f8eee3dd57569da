import type { FopName, Reply, Request } from '../../../fop/fops.js';
import type { Frame } from '../../../fop/frame.js';
import type { ByteString } from '../../../fop/name.js';
import { type Handlers, Xlator } from '../../../fop/translator.js';
import type { CreateContext, TranslatorSpec } from '../../../graph/spec.js';
import { Brick } from './brick.js';
import { attributeFops } from './fops-attributes.js';
import { copyFops } from './fops-copy.js';
import { createFops } from './fops-create.js';
import { dataFops } from './fops-data.js';
import { directoryFops } from './fops-directory.js';
import { lookupFops } from './fops-lookup.js';
import { putFops } from './fops-put.js';
import { removeFops } from './fops-remove.js';
import { renameFops } from './fops-rename.js';
import { sparseFops } from './fops-sparse.js';
import { xattrFops } from './fops-xattr.js';
import { xattropFops } from './fops-xattrop.js';
import { HealthCheck, type HealthFailure } from './health-check.js';
import { Janitor } from './janitor.js';
import { checkDirectory, prepareLayout } from './layout.js';
import { chooseNamespace } from './namespace.js';
import { brickOptions, POSIX_OPTIONS } from './options.js';
import { OrphanSearch } from './orphans.js';
import { Reserve } from './reserve.js';

/**
 * storage/posix: a directory as a volume of inodes.
 *
 * Promises: the format of GlusterFS 10 on disk, so that either can serve what the other wrote. A fop on names or
 * attributes runs from start to end with nothing in between. The sizes in a write's answer are exact, and a
 * write with O_DSYNC is on the platter when it is answered. Not promised: permission checks (the caller's kernel
 * makes them) and locks (features/locks).
 *
 * Relies on: a Disk with extended attributes and hard links.
 *
 *     volume brick
 *         type storage/posix
 *         option directory /srv/brick
 *         option volume-id 22dc9034-7373-4c06-8fd1-f5447caeb6f8
 *     end-volume
 */
export class Posix extends Xlator {
  readonly type = 'storage/posix';
  protected readonly handlers: Handlers;
  private readonly brick: Brick;
  private readonly janitor: Janitor;
  private readonly health: HealthCheck;
  private readonly orphans: OrphanSearch;
  private hasFailed = false;

  constructor({ name, options, platform }: CreateContext) {
    super(name, []);
    this.brick = new Brick(name, brickOptions(options), {
      disk: platform.disk,
      clock: platform.clock,
      random: platform.random,
      notice: (message, fields) =>
        this.tell({ event: 'log', from: this, level: 'warn', message, fields }),
    });
    this.janitor = new Janitor(this.brick);
    this.orphans = new OrphanSearch(this.brick);
    this.health = new HealthCheck(this.brick, (failure) => this.fail(failure));
    this.handlers = new Reserve(this.brick, this.brick.options.reserve).guard(allFops(this.brick));
  }

  /** Where the brick is; absolute. */
  get directory(): ByteString {
    return this.brick.root;
  }

  /** How long nothing may move here before the disk is taken for dead; undefined where that is not looked at. */
  get patienceMs(): number | undefined {
    const { healthSeconds, healthTimeoutSeconds } = this.brick.options;
    return healthSeconds === 0 ? undefined : (healthSeconds + healthTimeoutSeconds) * 1000;
  }

  override async start(): Promise<void> {
    const { brick } = this;
    checkDirectory(brick);
    const { ctime, ctimeNsec } = brick.disk.lstat(brick.root);
    brick.namespace = chooseNamespace(brick.disk, brick.root);
    const probed = brick.disk.lstat(brick.root);
    brick.attributes.isReliable = probed.ctime !== ctime || probed.ctimeNsec !== ctimeNsec;
    if (!brick.namespace.isTrusted) this.tellUserNames();
    prepareLayout(brick);
    brick.handles.noteRoot();
    this.janitor.start();
    this.orphans.start();
    this.health.start();
    this.tell({ event: 'child-up', from: this });
  }

  override async stop(): Promise<void> {
    this.janitor.stop();
    this.health.stop();
    this.brick.openFiles.closeAll();
    if (!this.hasFailed) this.orphans.stop();
  }

  protected otherwise<F extends FopName>(fop: F): Promise<Reply<F>> {
    return Promise.reject(this.brick.error('EOPNOTSUPP', fop));
  }

  /** Of a brick whose disk has failed nothing is asked any more; only what is open may still be closed. */
  override wind<F extends FopName>(fop: F, request: Request<F>, frame: Frame): Promise<Reply<F>> {
    if (this.hasFailed && fop !== 'release' && fop !== 'releasedir')
      return Promise.reject(this.brick.error('EIO', 'the disk has failed'));
    return super.wind(fop, request, frame);
  }

  private fail({ why, isHanging }: HealthFailure): void {
    this.hasFailed = true;
    this.janitor.stop();
    this.orphans.abandon();
    this.tell({ event: 'child-down', from: this, why: `health check failed: ${why}` });
    this.tell({ event: 'failed', from: this, why, isHanging });
  }

  private tellUserNames(): void {
    this.tell({
      event: 'log',
      from: this,
      level: 'info',
      message: 'without root attributes are kept under user.; no symlinks, devices or owners',
      fields: { directory: this.brick.root },
    });
  }
}

function allFops(brick: Brick): Handlers {
  return {
    ...lookupFops(brick),
    ...attributeFops(brick),
    ...createFops(brick),
    ...removeFops(brick),
    ...renameFops(brick),
    ...dataFops(brick),
    ...sparseFops(brick),
    ...copyFops(brick),
    ...putFops(brick),
    ...xattrFops(brick),
    ...xattropFops(brick),
    ...directoryFops(brick),
  };
}

export const storagePosix: TranslatorSpec = {
  type: 'storage/posix',
  children: { min: 0, max: 0 },
  options: POSIX_OPTIONS,
  create: (context) => new Posix(context),
};
