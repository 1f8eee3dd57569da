import type { LoadName } from './requests.js';

/** What raw-load.ts is asked to do. */
export type RawTask =
  | {
      readonly do: 'rate';
      readonly load: LoadName;
      readonly depth: number;
      readonly ms: number;
      /** Of the client, for TLS. */
      readonly certificates: string | undefined;
    }
  /** Makes so many files and looks each of them up. */
  | { readonly do: 'inodes'; readonly count: number }
  /** Idle connections beside busy ones. */
  | { readonly do: 'crowd'; readonly idle: number; readonly busy: number; readonly ms: number };

export interface CrowdFigures {
  readonly perSecond: number;
  /** Of the slowest connection, as a share of the mean. */
  readonly slowest: number;
  readonly median: number;
}

/** What file-load.ts is asked to do. */
export const FILE_LOADS = ['create', 'stat', 'read', 'rename', 'unlink'] as const;
export const DATA_LOADS = ['write', 'read', 'random-read', 'random-write'] as const;

export type FileTask =
  | {
      readonly on: 'files';
      readonly load: (typeof FILE_LOADS)[number];
      readonly directory: string;
      readonly files: number;
      readonly threads: number;
    }
  | {
      readonly on: 'data';
      readonly load: (typeof DATA_LOADS)[number];
      readonly file: string;
      readonly bytes: number;
      /** How many blocks of 4 KiB. */
      readonly blocks: number;
    };
