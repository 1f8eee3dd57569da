import type { Disk } from '../platform/disk.js';
import { readMemberFile, stampOf } from './member-file.js';
import { glusterPeers, runGluster } from './member-gluster.js';
import { type MemberHost, memberHost } from './member-host.js';
import type { MemberOption } from './option-value.js';

/** What a source of members said. */
export interface ListAnswer {
  readonly hosts: readonly MemberHost[];
  /** What it says of them beside where they are, for the log. */
  readonly notes: readonly string[];
}

/** Where the addresses of other members come from, before names are resolved. */
export interface MemberList {
  /** As it was asked for: `gluster`, `file:PATH`, `list`. */
  readonly shown: string;
  /** Asked again after so long; null: never, but for names that are to be resolved. */
  readonly everyMs: number | null;
  /** Something cheap that changes when the answer may have; undefined where nothing cheap tells. */
  stamp(): string | undefined;
  /** Throws an Error with a sentence that says why there is no answer. */
  read(): Promise<ListAnswer>;
}

const GLUSTER_MS = 60_000;

/** The source that `--members` names. */
export function memberList(option: MemberOption, disk: Disk): MemberList {
  switch (option.kind) {
    case 'file':
      return fileList(option.path, disk);
    case 'gluster':
      return glusterList();
    case 'list':
      return fixedList(option.hosts);
  }
}

function fixedList(texts: readonly string[]): MemberList {
  const hosts = texts.map(memberHost);
  const shown = hosts.length === 0 ? 'those that joined' : 'list';
  return {
    shown,
    everyMs: null,
    stamp: () => undefined,
    read: async () => ({ hosts, notes: [] }),
  };
}

function fileList(path: string, disk: Disk): MemberList {
  return {
    shown: `file:${path}`,
    everyMs: null,
    stamp: () => stampOf(disk, path),
    read: async () => ({ hosts: readMemberFile(disk, path), notes: [] }),
  };
}

function glusterList(): MemberList {
  return {
    shown: 'gluster',
    everyMs: GLUSTER_MS,
    stamp: () => undefined,
    read: async () => {
      const peers = glusterPeers(await runGluster());
      return {
        hosts: peers.flatMap(({ names }) => names.map((host) => ({ host, port: undefined }))),
        notes: peers.map(({ names, state }) => `${names.join(' ')}: ${state}`),
      };
    },
  };
}
