import type { Volume, VolumeReference } from './volfile.js';
import { VolfileError } from './volfile-error.js';

/**
 * Checks that the volumes make one graph: names are unique, every subvolume stands above the volume that names it, and
 * all are reached from the last one, the top. Throws a VolfileError otherwise.
 */
export function checkVolumeOrder(volumes: readonly Volume[]): void {
  const byName = uniqueNames(volumes);
  const above = new Set<string>();
  for (const volume of volumes) {
    for (const reference of volume.subvolumes)
      if (!above.has(reference.name)) throw misplaced(volume, reference, byName);
    above.add(volume.name);
  }
  checkReached(volumes, byName);
}

function uniqueNames(volumes: readonly Volume[]): Map<string, Volume> {
  const byName = new Map<string, Volume>();
  for (const volume of volumes) {
    const first = byName.get(volume.name);
    if (first)
      throw new VolfileError(
        volume.place,
        `volume ${volume.name} is there already, in line ${first.place.line}`,
      );
    byName.set(volume.name, volume);
  }
  return byName;
}

function misplaced(
  volume: Volume,
  reference: VolumeReference,
  byName: ReadonlyMap<string, Volume>,
): VolfileError {
  const named = byName.get(reference.name);
  const what = `volume ${volume.name} names subvolume ${reference.name}`;
  if (!named) return new VolfileError(reference.place, `${what}, which is not in this volfile`);
  const cycle = pathBetween(named, volume, byName);
  const why = cycle
    ? `which is a cycle: ${[volume.name, ...cycle].join(' -> ')}`
    : `which stands below it, in line ${named.place.line}; subvolumes come first`;
  return new VolfileError(reference.place, `${what}, ${why}`);
}

/** The names on a way down from one volume to another, both included. */
function pathBetween(
  from: Volume,
  to: Volume,
  byName: ReadonlyMap<string, Volume>,
): string[] | undefined {
  const cameFrom = new Map<Volume, Volume | undefined>([[from, undefined]]);
  for (const volume of cameFrom.keys()) {
    if (volume === to) return walkBack(volume, cameFrom);
    for (const { name } of volume.subvolumes) {
      const next = byName.get(name);
      if (next && !cameFrom.has(next)) cameFrom.set(next, volume);
    }
  }
  return undefined;
}

function walkBack(end: Volume, cameFrom: ReadonlyMap<Volume, Volume | undefined>): string[] {
  const names: string[] = [];
  for (let at: Volume | undefined = end; at; at = cameFrom.get(at)) names.unshift(at.name);
  return names;
}

function checkReached(volumes: readonly Volume[], byName: ReadonlyMap<string, Volume>): void {
  const top = volumes.at(-1);
  const reached = new Set<Volume | undefined>([top]);
  for (const volume of reached)
    for (const { name } of volume?.subvolumes ?? []) reached.add(byName.get(name));
  const lost = volumes.find((volume) => !reached.has(volume));
  if (lost)
    throw new VolfileError(
      lost.place,
      `volume ${lost.name} is not below ${top?.name}, the last volume and so the top`,
    );
}
