import { type Members, majority, type Server, voters } from '../config/members.js';
import type { PeerStatus } from '../config/peers.js';
import type {
  CopyEvidence,
  ListedEvidence,
  Marker,
  ServerEvidence,
  Sighting,
} from './server-evidence.js';
import type { Difference, ServersReport, ServersRow } from './servers-report.js';

/** All that is compared. */
export interface ListsInput {
  readonly self: string;
  readonly cluster: string;
  readonly members: Members;
  readonly servers: readonly ServerEvidence[];
  readonly listed: readonly ListedEvidence[];
  readonly sightings: readonly Sighting[];
}

/** Lays the three lists side by side, known, answered and markers, and names how they differ. Pure. */
export function compareLists(input: ListsInput): ServersReport {
  const known = input.servers.map((each) => knownRow(input, each));
  const rows = [...known, ...markedRows(input), ...listedRows(input)];
  const agree = rows.every(({ differences }) => differences.length === 0);
  return { rows, agree };
}

/**
 * Whether a majority of the voters says that it serves this list, and nobody that there is a newer one: then none can exist, for no
 * list changes without them.
 */
export function isConfirmed(members: Members, { rows }: ServersReport): boolean {
  const said = rows.filter(({ known, answered }) => known && answered === 'yes');
  const list = voters(members);
  const yes = list.filter(({ node }) => said.some((row) => row.node === node)).length;
  const isNewerKnown = rows.some(({ differences }) =>
    differences.some(({ kind }) => kind === 'newer-list'),
  );
  return yes >= majority(list.length) && !isNewerKnown;
}

function knownRow(input: ListsInput, evidence: ServerEvidence): ServersRow {
  const { server, answer } = evidence;
  const status = answer.kind === 'status' ? answer.status : undefined;
  const saidNo = answer.kind === 'status' && saysNo(input, server, answer.status);
  const differences = [
    ...duplicates(input, server, status),
    ...(answer.kind === 'silent' ? silence(input, server, answer.why) : []),
    ...(saidNo ? [saidNo] : []),
    ...(status && !saidNo ? listDifferences(input, server, status) : []),
    ...markerDifferences(input, server),
    ...copyDifference(evidence, status),
  ];
  return row(input, {
    ...{ node: server.node, name: server.name, role: server.role, address: server.address },
    known: true,
    epoch: status?.epoch ?? null,
    answered: status === undefined ? 'unknown' : saidNo ? 'no' : 'yes',
    why: answer.kind === 'silent' ? answer.why : '',
    differences,
  });
}

type RowFields = Omit<ServersRow, 'marker' | 'markers' | 'difference'>;

/** Adds where markers stand, and the differences in one sentence. */
function row({ servers }: ListsInput, fields: RowFields): ServersRow {
  const markers = servers.map(({ server, copy }) => ({
    copy: server.name,
    has: copy.kind === 'read' ? copy.markers.has(fields.node) : null,
  }));
  const difference = fields.differences.map(({ text }) => text).join('; ');
  return { ...fields, marker: markers.some(({ has }) => has === true), markers, difference };
}

function saysNo({ cluster }: ListsInput, server: Server, status: PeerStatus): Difference | false {
  const { address } = server;
  if (status.cluster !== null && status.cluster !== cluster)
    return {
      kind: 'foreign-cluster',
      text: `${address} belongs to another cluster, ${status.cluster}`,
    };
  if (status.node !== server.node)
    return {
      kind: 'other-node',
      text: `another node answers at ${address}: ${status.name} (${status.node})`,
    };
  if (status.server && status.cluster !== null) return false;
  return { kind: 'says-no', text: `it says that it does not serve: it is ${status.state}` };
}

/** What it says of itself and of the list, where it serves. */
function listDifferences(
  { members }: ListsInput,
  server: Server,
  status: PeerStatus,
): Difference[] {
  const found: Difference[] = [];
  if (status.epoch < members.epoch)
    found.push({
      kind: 'old-list',
      text: `it has list ${status.epoch}, the newest is ${members.epoch}`,
    });
  if (status.epoch > members.epoch)
    found.push({
      kind: 'newer-list',
      text: `it has list ${status.epoch}, this node knows ${members.epoch} only`,
    });
  if (status.name !== server.name)
    found.push({ kind: 'name-changed', text: `it calls itself ${status.name}` });
  return found;
}

/** Nobody answers where the list has it; maybe it answers elsewhere. */
function silence(input: ListsInput, server: Server, why: string): Difference[] {
  const elsewhere = placesOf(input, server.node).find(({ address }) => address !== server.address);
  if (elsewhere === undefined) return [{ kind: 'no-answer', text: `no answer: ${why}` }];
  return [
    {
      kind: 'address-changed',
      text: `it answers at ${elsewhere.address}, and the list has ${server.address}`,
    },
  ];
}

interface Place {
  readonly address: string;
  readonly instance: string;
}

/** Where a node's id was heard, beside the address that the list has for it. */
function placesOf({ listed, sightings }: ListsInput, node: string): Place[] {
  const answered = listed.flatMap(({ address, answer }) =>
    answer.kind === 'status' && answer.status.node === node
      ? [{ address, instance: answer.status.instance ?? '' }]
      : [],
  );
  return [...answered, ...sightings.filter((sighting) => sighting.node === node)];
}

function duplicates(
  input: ListsInput,
  server: Server,
  status: PeerStatus | undefined,
): Difference[] {
  if (status?.node !== server.node) return [];
  const mine = status.instance ?? '';
  const others = placesOf(input, server.node).filter(
    ({ instance, address }) => instance !== mine && address !== server.address,
  );
  const addresses = [...new Set(others.map(({ address }) => address))];
  return addresses.length === 0
    ? []
    : [
        {
          kind: 'duplicate-id',
          text: `two nodes with one id: one at ${server.address}, as the list has it, one at ${addresses.join(' and ')}`,
        },
      ];
}

function markerDifferences({ servers }: ListsInput, server: Server): Difference[] {
  const read = servers.flatMap(({ server: { name }, copy }) =>
    copy.kind === 'read' ? [{ name, marker: copy.markers.get(server.node) }] : [],
  );
  const without = read.filter(({ marker }) => marker === undefined);
  if (read.length === 0) return [];
  if (without.length === read.length)
    return [{ kind: 'no-marker', text: 'it is on the list and has left no marker' }];
  const found: Difference[] = [];
  if (without.length > 0)
    found.push({
      kind: 'markers-differ',
      text: `its marker is missing in the copy of ${names(without)}`,
    });
  for (const { name, marker } of read)
    if (marker !== undefined) found.push(...markerDifference(server, name, marker));
  return found;
}

/** A marker says what the list says. */
function markerDifference(server: Server, copy: string, marker: Marker | null): Difference[] {
  const where = `its marker in the copy of ${copy}`;
  if (marker === null) return [{ kind: 'markers-differ', text: `${where} cannot be read` }];
  if (marker.address !== server.address)
    return [
      {
        kind: 'address-changed',
        text: `${where} has the address ${marker.address}, the list ${server.address}`,
      },
    ];
  if (marker.name !== server.name)
    return [
      {
        kind: 'name-changed',
        text: `${where} has the name ${marker.name}, the list ${server.name}`,
      },
    ];
  if (marker.voter !== server.voter)
    return [{ kind: 'markers-differ', text: `${where} is that of an earlier brick` }];
  return [];
}

function copyDifference({ copy }: ServerEvidence, status: PeerStatus | undefined): Difference[] {
  if (copy.kind === 'read') return [];
  if (status?.server && status.caughtUp === false)
    return [
      {
        kind: 'copy-lags',
        text: `its copy lags${status.behind ? ` by ${status.behind} revisions` : ''} and is not shown meanwhile`,
      },
    ];
  return [{ kind: 'copy-unreadable', text: `its copy cannot be read: ${copy.why}` }];
}

/** Markers of nodes that are not on the list. */
function markedRows(input: ListsInput): ServersRow[] {
  const { members, servers, sightings } = input;
  const copies = servers.map(({ copy }) => copy).filter(isRead);
  const marked = new Map<string, Marker | null>();
  for (const { markers } of copies) for (const [node, marker] of markers) marked.set(node, marker);
  for (const { node } of members.servers) marked.delete(node);
  return [...marked].map(([node, marker]) => {
    const tombstone = members.retired.find((each) => each.node === node);
    const difference: Difference = tombstone
      ? { kind: 'retired-marker', text: 'a marker of a server that was retired' }
      : { kind: 'stray-marker', text: 'a marker without a server' };
    const address = marker?.address ?? sightings.find((each) => each.node === node)?.address ?? '';
    return row(input, {
      ...{ node, name: tombstone?.name ?? marker?.name ?? '?', role: null, address },
      ...{ known: false, epoch: null, answered: 'unknown', why: '', differences: [difference] },
    });
  });
}

/** Who answers at an address of `--members`, or where a retired server was, and is on no list. */
function listedRows(input: ListsInput): ServersRow[] {
  const { members, listed, self } = input;
  const known = new Set([self, ...members.servers.map(({ node }) => node)]);
  return listed.flatMap(({ address, answer }) => {
    if (answer.kind === 'silent') return [];
    const { status } = answer;
    if (known.has(status.node)) return [];
    const differences = strangerDifferences(input, status);
    return [
      row(input, {
        ...{ node: status.node, name: status.name, role: null, address, known: false },
        epoch: status.epoch,
        answered: status.server && status.cluster === input.cluster ? 'yes' : 'no',
        ...{ why: '', differences },
      }),
    ];
  });
}

function strangerDifferences({ cluster, members }: ListsInput, status: PeerStatus): Difference[] {
  if (status.cluster !== null && status.cluster !== cluster)
    return [{ kind: 'foreign-cluster', text: `it belongs to another cluster, ${status.cluster}` }];
  if (!status.server) return [];
  if (members.retired.some(({ node }) => node === status.node))
    return [{ kind: 'retired-serves', text: 'it was retired and says that it serves still' }];
  if (status.epoch > members.epoch)
    return [
      {
        kind: 'newer-list',
        text: `it serves by list ${status.epoch}, this node knows ${members.epoch} only`,
      },
    ];
  return [{ kind: 'unlisted-server', text: 'it serves this cluster and is not on the list' }];
}

function isRead(copy: CopyEvidence): copy is Extract<CopyEvidence, { kind: 'read' }> {
  return copy.kind === 'read';
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(' and ');
}
