import assert from 'node:assert/strict';
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
 * contract.test.ts and inherits all of it. `differences` is for software that is not ours: the titles of those tests that have to
 * fail, and why. One that passes has no place there any more.
 */
export function contract(
  name: string,
  makeStack: MakeStack,
  differences: ReadonlyMap<string, string> = new Map(),
): void {
  describe(name, function () {
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
    expectDifferences(this, differences);
  });
}

/** Turns the tests with these titles round. */
function expectDifferences(suite: Mocha.Suite, differences: ReadonlyMap<string, string>): void {
  const found = new Set<string>();
  suite.eachTest((test) => {
    const why = differences.get(test.title);
    const fn = test.fn as ((this: Mocha.Context) => unknown) | undefined;
    if (why === undefined || fn === undefined) return;
    found.add(test.title);
    test.title += ` (differs: ${why})`;
    test.fn = async function (this: Mocha.Context) {
      await assert.rejects(async () => fn.call(this), 'it does not differ any more');
    };
  });
  for (const title of differences.keys())
    if (!found.has(title)) throw new Error(`no test is called "${title}"`);
}
