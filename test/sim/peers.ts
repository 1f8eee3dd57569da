import type { PeerService, PeerStatus, Peers, PeerVerb } from '../../src/config/peers.js';
import type { Fabric } from './fabric.js';
import { PeerCall } from './peer-call.js';
import type { SimProcess } from './process.js';

/** What a hekafsd offers to its peers: the verbs, and its public status. */
export interface PeerOffer {
  readonly service: PeerService;
  readonly status: () => PeerStatus;
}

interface Entry extends PeerOffer {
  readonly process: SimProcess;
}

/** Who answers at which address (HOST:PORT). One for the whole world. */
export class PeerRegistry {
  private readonly entries = new Map<string, Entry>();

  constructor(readonly fabric: Fabric) {}

  /** Until the process dies, or the answered function is called, it answers there. */
  offer(process: SimProcess, port: number, offer: PeerOffer): () => void {
    const address = `${process.machine.host}:${port}`;
    const entry = { ...offer, process };
    this.entries.set(address, entry);
    const withdraw = (): void => {
      if (this.entries.get(address) === entry) this.entries.delete(address);
    };
    process.onDeath(withdraw);
    return withdraw;
  }

  at(address: string): Entry | undefined {
    return this.entries.get(address);
  }
}

/**
 * Words between hekafsd processes over the simulated links, with the losses that HTTP over TCP can have. Anything
 * but a ConfigError out of a service is a failure of the run.
 */
export class SimPeers implements Peers {
  constructor(
    private readonly registry: PeerRegistry,
    private readonly process: SimProcess,
  ) {}

  status(address: string, timeoutMs: number): Promise<PeerStatus> {
    return this.ask(address, 'status', timeoutMs, async (entry) => entry.status());
  }

  call(address: string, verb: PeerVerb, body: Buffer, timeoutMs: number): Promise<Buffer> {
    const sent = Buffer.from(body);
    return this.ask(address, verb, timeoutMs, async (entry) =>
      Buffer.from(await entry.service.answer(verb, sent)),
    );
  }

  private ask<T>(
    address: string,
    what: string,
    timeoutMs: number,
    answer: (entry: Entry) => Promise<T>,
  ): Promise<T> {
    const find = () => {
      const entry = this.registry.at(address);
      return entry && { process: entry.process, answer: () => answer(entry) };
    };
    return new Promise((resolve, reject) => {
      const { fabric } = this.registry;
      const call = new PeerCall(fabric, this.process, address, what, find, resolve, reject);
      call.start(timeoutMs);
    });
  }
}
