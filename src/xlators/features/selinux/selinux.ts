import type { Dict, DictValue } from '../../../fop/dict.js';
import { type Handlers, PassThrough, type Translator } from '../../../fop/translator.js';
import type { TranslatorSpec } from '../../../graph/spec.js';

/** What clients call the label of a file. */
const LABEL = 'security.selinux';
/** What it is called on the brick, where the kernel's own label is another thing. */
const KEPT = 'trusted.glusterfs.selinux';

/*
 * Keeps the SELinux labels of clients apart from those of the brick's own machine, under the name that GlusterFS's
 * brick gives them.
 *
 *     volume vol-selinux
 *         type features/selinux
 *         option selinux on
 *         subvolumes vol-io-threads
 *     end-volume
 */
class Selinux extends PassThrough {
  readonly type = 'features/selinux';
  protected readonly handlers: Handlers;

  constructor(name: string, child: Translator, isOn: boolean) {
    super(name, child);
    this.handlers = isOn ? this.mapping() : {};
  }

  private mapping(): Handlers {
    const { child } = this;
    const kept = (name: string | undefined) => (name === LABEL ? KEPT : name);
    return {
      async getxattr(request, frame) {
        const reply = await child.wind('getxattr', { ...request, name: kept(request.name) }, frame);
        return request.name === LABEL
          ? { ...reply, dict: renamed(reply.dict, KEPT, LABEL) }
          : reply;
      },
      async fgetxattr(request, frame) {
        const reply = await child.wind(
          'fgetxattr',
          { ...request, name: kept(request.name) },
          frame,
        );
        return request.name === LABEL
          ? { ...reply, dict: renamed(reply.dict, KEPT, LABEL) }
          : reply;
      },
      setxattr: (request, frame) =>
        child.wind('setxattr', { ...request, dict: renamed(request.dict, LABEL, KEPT) }, frame),
      fsetxattr: (request, frame) =>
        child.wind('fsetxattr', { ...request, dict: renamed(request.dict, LABEL, KEPT) }, frame),
    };
  }
}

/** The dict with one key under another name, in its place. */
function renamed<D extends Dict>(
  dict: D,
  from: string,
  to: string,
): D | ReadonlyMap<string, DictValue> {
  if (!dict?.has(from)) return dict;
  return new Map([...dict].map(([key, value]) => [key === from ? to : key, value]));
}

export const featuresSelinux: TranslatorSpec = {
  type: 'features/selinux',
  children: { min: 1, max: 1 },
  options: [
    {
      key: 'selinux',
      kind: 'bool',
      default: 'off',
      doc: "Keep clients' labels apart from the brick's own.",
    },
  ],
  create({ name, children: [child], options }) {
    if (!child) throw new TypeError('features/selinux has one child');
    return new Selinux(name, child, options.bool('selinux'));
  },
};
