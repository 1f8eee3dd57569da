import { arrays, attributes, xattrs } from './script-attributes.js';
import { bytesChapter, sparse } from './script-bytes.js';
import { removing, renaming, resolution } from './script-names.js';
import { creating, layouts, making } from './script-new-inodes.js';
import { listing, looking, rest } from './script-reads.js';
import type { Chapter } from './script-words.js';

/** What is asked of a brick, in chapters that each make what they need. */
export const FOP_SCRIPT: Readonly<Record<string, Chapter>> = {
  'what is not there': resolution,
  'new inodes': making,
  create: creating,
  'layouts of parents': layouts,
  'lookup and stat': looking,
  'bytes of a file': bytesChapter,
  'holes and checksums': sparse,
  'extended attributes': xattrs,
  'arrays in attributes': arrays,
  attributes,
  removal: removing,
  'rename and link': renaming,
  directories: listing,
  'the rest': rest,
};
