import assert from 'node:assert/strict';
import { buildGraph, type Graph, StartError } from '../../../src/graph/graph.js';
import { registryOf } from '../../../src/graph/registry.js';
import { VolfileError } from '../../../src/graph/volfile-error.js';
import type { Platform } from '../../../src/platform/platform.js';
import { recorderSpec } from './recorder.js';

/** Nothing in these graphs reaches for the outside. */
const NOWHERE = Object.freeze({}) as Platform;

/** `a b: c d` is a line of volume `a` with type `b` and subvolumes `c` and `d`; the type may be left out. */
function build(lines: readonly string[], journal: string[] = []): Graph {
  const text = lines.map((line) => {
    const [head = '', tail = ''] = line.split(':');
    const [name, type = 'test/recorder'] = head.trim().split(' ');
    const subvolumes = tail.trim() === '' ? '' : `subvolumes ${tail.trim()}`;
    return `volume ${name} type ${type} ${subvolumes} end-volume`;
  });
  return buildGraph(text.join('\n'), registryOf([recorderSpec(journal)]), NOWHERE);
}

describe('buildGraph', () => {
  it('makes the last volume the top', () => {
    const graph = build(['a', 'b', 'c: a b']);
    assert.equal(graph.top.name, 'c');
    assert.deepEqual(
      graph.top.children.map(({ name }) => name),
      ['a', 'b'],
    );
    assert.equal(graph.byName.get('a'), graph.top.children[0]);
  });

  it('starts children first and stops parents first, a shared child once', async () => {
    const journal: string[] = [];
    const graph = build(['shared', 'left: shared', 'right: shared', 'top: left right'], journal);
    await graph.start();
    await graph.stop();
    await graph.stop();
    assert.deepEqual(journal, [
      'start shared',
      'start left',
      'start right',
      'start top',
      'stop top',
      'stop right',
      'stop left',
      'stop shared',
    ]);
  });

  it('stops again what ran when one does not start', async () => {
    const journal: string[] = [];
    const graph = build(['a', 'broken: a', 'top: broken'], journal);
    await assert.rejects(graph.start(), (error) => {
      assert.ok(error instanceof StartError);
      assert.equal(error.translator.name, 'broken');
      assert.match(error.message, /volume broken \(test\/recorder\) .*it is broken/);
      return true;
    });
    assert.deepEqual(journal, ['start a', 'start broken', 'stop a']);
  });

  const faults: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['a test/unheard-of'], 1, /volume a: type test\/unheard-of is not known/],
    [['a', 'a'], 2, /volume a is there already, in line 1/],
    [['a: b'], 1, /a names subvolume b, which is not in this volfile/],
    [['a: a'], 1, /which is a cycle: a -> a/],
    [['a: c', 'b: a', 'c: b'], 1, /which is a cycle: a -> c -> b -> a/],
    [['a: b', 'b', 'top: a b'], 1, /stands below it, in line 2/],
    [['a', 'b', 'c: a'], 2, /volume b is not below c, the last volume/],
    [
      ['a', 'b', 'c', 'd', 'e: a b c d'],
      5,
      /e \(test\/recorder\) has 4 subvolumes, it takes 0 to 3/,
    ],
  ];
  for (const [lines, line, why] of faults)
    it(`refuses ${lines.join(' | ')}`, () => {
      assert.throws(
        () => build(lines),
        (error) => {
          assert.ok(error instanceof VolfileError);
          assert.equal(error.place.line, line);
          assert.match(error.message, why);
          return true;
        },
      );
    });

  it('refuses two translators of one type', () => {
    assert.throws(() => registryOf([recorderSpec([]), recorderSpec([])]), TypeError);
  });
});
