import type { Stack } from './volume.js';
import { type MakeStack, TestVolume } from './volume.js';
import { attributeContract } from './with-attributes.js';
import { bytesContract } from './with-bytes.js';
import { listingContract } from './with-listings.js';
import { namesContract } from './with-names.js';
import { putContract } from './with-put.js';
import { removalContract } from './with-removals.js';
import { xattrContract } from './with-xattrs.js';

/** What a part of the contract works on: made anew for each test. */
export interface Subject {
  readonly stack: Stack;
  readonly volume: TestVolume;
}

/**
 * What every stack of translators does alike, whatever it is made of. A new translator adds a row to
 * contract.test.ts and inherits all of it.
 */
export function contract(name: string, makeStack: MakeStack): void {
  describe(name, () => {
    let subject: Subject | undefined;
    beforeEach(async () => {
      const stack = await makeStack();
      subject = { stack, volume: new TestVolume(stack.top) };
    });
    afterEach(async () => {
      await subject?.stack.close();
      subject = undefined;
    });
    const current = (): Subject => {
      if (subject === undefined) throw new Error('no test is running');
      return subject;
    };
    namesContract(current);
    removalContract(current);
    bytesContract(current);
    attributeContract(current);
    xattrContract(current);
    listingContract(current);
    putContract(current);
  });
}
