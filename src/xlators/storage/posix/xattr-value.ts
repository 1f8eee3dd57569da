import type { DictValue } from '../../../fop/dict.js';

/**
 * What is stored of a value of a dict, or undefined where it is none that can be. Text ends with a NUL on the disk, and numbers are
 * decimal text: so a linkto of cluster/distribute is `name\0`, as GlusterFS has it.
 */
export function attributeBytes(value: DictValue): Buffer | undefined {
  switch (value.type) {
    case 'bytes':
    case 'untyped':
      return value.bytes;
    case 'string':
      return Buffer.from(`${value.text}\0`, 'latin1');
    case 'int':
      return Buffer.from(`${value.int}\0`, 'latin1');
    case 'uint':
      return Buffer.from(`${value.uint}\0`, 'latin1');
    default:
      return undefined;
  }
}
