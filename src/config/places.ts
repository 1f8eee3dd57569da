import { isSamePlace, type Members, movedTo, type Place, placeOf, type Server } from './members.js';
import type { Peers } from './peers.js';

/** A server says where it is. */
export interface PlaceClaim extends Place {
  /** The log that it has there. */
  readonly voter: string;
  /** The process that says so. */
  readonly instance: string;
}

export interface PlacesContext {
  readonly self: string;
  /** Where this node is, if it serves. */
  readonly own: PlaceClaim | undefined;
  readonly peers: Peers;
  /** The list, with the places that it has. */
  members(): Members;
  /** A server is elsewhere than was thought. */
  moved(server: Server): void;
  /** Two nodes say that they are this server: the one at its place in the list, and one at `address`. */
  doubled(server: Server, address: string): void;
}

interface Heard extends Place {
  /** What the list said then. */
  readonly listed: Place;
}

const STATUS_MS = 1000;

/**
 * Where the servers are, as far as they have said so and the list does not know yet. A server is its log's uuid, and the list
 * says who votes; an address is only where to look. So a server that starts elsewhere is found, also where all have moved at once
 * and no list can be committed before they find each other. A claim counts while nobody else answers as that node where it was.
 */
export class Places {
  /** By voter. */
  private readonly heardOf = new Map<string, Heard>();
  private readonly checking = new Set<string>();

  constructor(private readonly context: PlacesContext) {}

  /** The claim of this node, for whoever it talks to. */
  get own(): PlaceClaim | undefined {
    return this.context.own;
  }

  /** The list, with each server where it is. */
  over(members: Members): Members {
    if (this.heardOf.size === 0 && this.own === undefined) return members;
    return { ...members, servers: members.servers.map((server) => this.placed(server)) };
  }

  private placed(server: Server): Server {
    if (server.voter === this.own?.voter) return movedTo(server, this.own);
    const heard = this.heardOf.get(server.voter);
    // A list that says something else than then is newer.
    if (heard === undefined || !isSamePlace(server, heard.listed)) return server;
    return movedTo(server, heard);
  }

  /** A node that knows the cluster's secret says where it is. */
  heard(node: unknown, claim: PlaceClaim | undefined): void {
    if (!isClaim(claim) || node === this.context.self || this.checking.has(claim.voter)) return;
    const server = this.context.members().servers.find((each) => each.voter === claim.voter);
    if (server === undefined || server.node !== node) return;
    if (isSamePlace(this.placed(server), claim)) return;
    this.checking.add(claim.voter);
    this.check(server, claim)
      .catch(() => undefined)
      .finally(() => this.checking.delete(claim.voter));
  }

  private async check(server: Server, claim: PlaceClaim): Promise<void> {
    const known = this.placed(server);
    if (known.address !== claim.address && (await this.isElse(known, claim)))
      return this.context.doubled(server, claim.address);
    this.heardOf.set(claim.voter, { ...placeOf(claim), listed: placeOf(server) });
    this.context.moved(movedTo(server, claim));
  }

  /** Whether another process answers as this node where it was. */
  private async isElse({ node, address }: Server, claim: PlaceClaim): Promise<boolean> {
    try {
      const status = await this.context.peers.status(address, STATUS_MS);
      return status.node === node && status.instance !== claim.instance;
    } catch {
      return false;
    }
  }
}

function isClaim(claim: PlaceClaim | undefined): claim is PlaceClaim {
  const texts = [claim?.address, claim?.host, claim?.path, claim?.voter, claim?.instance];
  const isText = texts.every((each) => typeof each === 'string' && each.length <= 4096);
  const isAddress = /^[^\s:/]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i.test(claim?.address ?? '');
  const isEngine = claim?.engine === undefined || claim.engine === 'glusterfs';
  return isText && isAddress && isEngine && Number.isInteger(claim?.port);
}
