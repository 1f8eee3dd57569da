import assert from 'node:assert/strict';
import { nearest } from '../../../src/terminal/nearest.js';

const COMMANDS = ['get', 'set', 'delete', 'list', 'serve', 'servers', 'status', 'retire'];

describe('nearest', () => {
  const TYPED: readonly (readonly [string, readonly string[]])[] = [
    ['stauts', ['status']],
    ['Status', ['status']],
    ['lst', ['list']],
    ['retier', ['retire']],
    ['serv', ['serve', 'servers']],
    ['delet', ['delete']],
    ['del', ['delete']],
    ['gte', ['get']],
    ['watch', []],
    ['x', []],
    ['', []],
  ];
  for (const [typed, meant] of TYPED)
    it(`${JSON.stringify(typed)} may be ${meant.join(' or ') || 'nothing'}`, () =>
      assert.deepEqual(nearest(typed, COMMANDS), meant));
});
