import type { Notice, Translator } from '../../../src/fop/translator.js';
import { checkOptions } from '../../../src/graph/options.js';
import type { TranslatorSpec } from '../../../src/graph/spec.js';
import type { Network } from '../../../src/platform/network.js';
import { nodeClock } from '../../../src/platform/node/clock.js';
import { nodeNetwork } from '../../../src/platform/node/network.js';
import { nodeRandom } from '../../../src/platform/node/random.js';
import type { Clock, Platform } from '../../../src/platform/platform.js';
import { ProtocolClient, protocolClient } from '../../../src/xlators/protocol/client/client.js';
import { ProtocolServer, protocolServer } from '../../../src/xlators/protocol/server/server.js';
import { memoryNetwork } from '../../contract/memory-network.js';
import { ScriptedBrick } from './brick.js';

const PLACE = { line: 1, column: 1 };

export type OptionTexts = Readonly<Record<string, string>>;

/** A machine with this network and clock, and no disk. */
export function platformOf(network: Network, clock: Clock = nodeClock): Platform {
  const disk = new Proxy({} as Platform['disk'], {
    get: () => {
      throw new Error('a border has no business with the disk');
    },
  });
  return { clock, network, disk, random: nodeRandom };
}

export function translatorOf(
  spec: TranslatorSpec,
  name: string,
  texts: OptionTexts,
  children: readonly Translator[],
  platform: Platform,
): Translator {
  const options = Object.entries(texts).map(([key, value]) => ({ key, value, place: PLACE }));
  const volume = {
    name,
    type: spec.type,
    options,
    subvolumes: [],
    place: PLACE,
    typePlace: PLACE,
  };
  const checked = checkOptions(volume, spec.options);
  return spec.create({ name, options: checked.options, children, platform });
}

export async function serverOf(
  children: readonly Translator[],
  platform: Platform,
  texts: OptionTexts = {},
): Promise<ProtocolServer> {
  const server = translatorOf(
    protocolServer,
    'server',
    {
      'transport.socket.bind-address': '127.0.0.1',
      'auth.addr.brick.allow': '127.0.0.1',
      ...texts,
    },
    children,
    platform,
  );
  if (!(server instanceof ProtocolServer)) throw new TypeError('not a server');
  await server.start();
  return server;
}

export function clientOf(
  port: number | undefined,
  platform: Platform,
  texts: OptionTexts = {},
): ProtocolClient {
  const client = translatorOf(
    protocolClient,
    'client',
    {
      'remote-host': '127.0.0.1',
      ...(port !== undefined && { 'remote-port': `${port}` }),
      'remote-subvolume': 'brick',
      ...texts,
    },
    [],
    platform,
  );
  if (!(client instanceof ProtocolClient)) throw new TypeError('not a client');
  return client;
}

/** Settles with the first notice of that kind from here on. */
export function noticeOf(translator: Translator, event: Notice['event']): Promise<Notice> {
  return new Promise((resolve) => {
    const stop = translator.listen((notice) => {
      if (notice.event !== event) return;
      stop();
      resolve(notice);
    });
  });
}

export interface Pair {
  readonly platform: Platform;
  readonly brick: ScriptedBrick;
  readonly server: ProtocolServer;
  readonly client: ProtocolClient;
  stop(): Promise<void>;
}

/** A brick behind a server, and a client that is connected to it. */
export async function pairOf(
  platform: Platform,
  texts: { readonly server?: OptionTexts; readonly client?: OptionTexts } = {},
): Promise<Pair> {
  const brick = new ScriptedBrick();
  const server = await serverOf([brick], platform, texts.server);
  const client = clientOf(server.endpoint?.port, platform, texts.client);
  const up = noticeOf(client, 'child-up');
  await client.start();
  await up;
  brick.wound.length = 0;
  const stop = async (): Promise<void> => {
    await client.stop();
    await server.stop();
  };
  return { platform, brick, server, client, stop };
}

export const TRANSPORTS: readonly (readonly [string, () => Network])[] = [
  ['memory', () => memoryNetwork()],
  ['memory, one byte at a time', () => memoryNetwork({ chunkBytes: 1 })],
  ['TCP', () => nodeNetwork()],
];
