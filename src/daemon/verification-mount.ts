import type { Server } from '../config/members.js';
import { buildGraph } from '../graph/graph.js';
import { TRANSLATORS } from '../graph/translators.js';
import { type Credentials, configValuesVolfile } from '../graph/volgen.js';
import { Volume } from '../mount/volume.js';
import { endpointText } from '../platform/network.js';
import type { Platform } from '../platform/platform.js';

/** Longer is not waited for a brick to show its copy. */
const MOUNT_MS = 1500;

/** A copy cannot be looked at; `message` says why. */
export class NotMounted extends Error {
  override readonly name = 'NotMounted';
}

/**
 * A verification mount: one server's copy of the values alone, with a login that can only read, through a graph that heals nothing. Gone
 * when `look` is done. Throws NotMounted, or what `look` throws.
 */
export async function withCopyOf<T>(
  platform: Platform,
  reader: Credentials,
  server: Server,
  look: (volume: Volume) => Promise<T>,
): Promise<T> {
  const at = { number: server.brick, host: server.host, port: server.port };
  const graph = buildGraph(configValuesVolfile(at, reader), TRANSLATORS, platform);
  try {
    const up = new Promise<void>((resolve, reject) => {
      let why = 'no answer';
      const late = (): void =>
        reject(new NotMounted(`the brick at ${endpointText(at)} shows nothing: ${why}`));
      const timer = platform.clock.after(MOUNT_MS, late);
      graph.top.listen((notice) => {
        if (notice.event === 'child-down') why = notice.why;
        if (notice.event !== 'child-up' && notice.event !== 'auth-failed') return;
        timer.cancel();
        if (notice.event === 'child-up') resolve();
        else reject(new NotMounted(`the brick refuses this node: ${notice.why}`));
      });
    });
    await Promise.all([graph.start(), up]);
    return await look(new Volume(graph.top, { newGfid: () => platform.random.uuid() }));
  } finally {
    await graph.stop();
  }
}
