/** Which stack of a server is meant: one rule for all that use one, a stricter one for what takes one away. */
import { describe, expect, it } from 'vitest';
import { whichStack, whichStackToRemove, type Candidate } from '../../../main/shared/setup/which-stack.ts';

const finished = (...names: string[]): Candidate[] => names.map((environment) => ({ environment, complete: true }));
const begun = (...names: string[]): Candidate[] => names.map((environment) => ({ environment, complete: false }));
const meant = (environment: string) => ({ kind: 'this', environment });

describe('the stack that is used', () => {
  it.each<[string, readonly Candidate[], string | undefined, unknown]>([
    ['the only one', finished('prod'), undefined, meant('prod')],
    ['main, wherever it stands', finished('adopted-5050', 'stage', 'dev', 'main'), undefined, meant('main')],
    ['main beside one that was begun', [...begun('dev'), ...finished('main')], undefined, meant('main')],
    ['the finished one beside main that was begun', [...begun('main'), ...finished('dev')], undefined, meant('dev')],
    ['the one that is named', finished('main', 'dev'), 'dev', meant('dev')],
    ['the one that is named, though only begun', [...finished('main'), ...begun('dev')], 'dev', meant('dev')],
    ['nobody knows which', finished('stage', 'dev'), undefined, { kind: 'several', environments: ['stage', 'dev'] }],
    ['only begun ones', begun('main', 'dev'), undefined, { kind: 'unfinished', environments: ['main', 'dev'] }],
    ['one that is not there', finished('main'), 'dve', { kind: 'unknown', environments: ['main'] }],
    ['none', [], undefined, { kind: 'none' }],
    ['none, though one is named', [], 'main', { kind: 'none' }],
  ])('%s', (_, stacks, typed, expected) => {
    expect(whichStack(stacks, typed)).toEqual(expected);
  });

  it('is the same in every order', () => {
    const stacks = finished('adopted-5050', 'stage', 'dev', 'main');
    for (let turn = 0; turn < stacks.length; turn += 1) {
      stacks.push(...stacks.splice(0, 1));
      expect(whichStack(stacks, undefined)).toEqual(meant('main'));
    }
  });
});

describe('the stack that is taken away', () => {
  it.each<[string, readonly Candidate[], string | undefined, unknown]>([
    ['the only one', finished('main'), undefined, meant('main')],
    ['the only one, begun', begun('dev'), undefined, meant('dev')],
    ['never main by itself', finished('main', 'dev'), undefined, { kind: 'several', environments: ['main', 'dev'] }],
    [
      'never a finished one by itself',
      [...begun('dev'), ...finished('main')],
      undefined,
      { kind: 'several', environments: ['dev', 'main'] },
    ],
    ['the one that is named', finished('main', 'dev'), 'main', meant('main')],
    ['none', [], undefined, { kind: 'none' }],
  ])('%s', (_, stacks, typed, expected) => {
    expect(whichStackToRemove(stacks, typed)).toEqual(expected);
  });
});
