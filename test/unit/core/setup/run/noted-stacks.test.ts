/** What a server's profile knows of its stacks while a run begins and ends. */
import { describe, expect, it } from 'vitest';
import { noteStack } from '../../../../../main/core/setup/run/afterwards.ts';
import { withKnown } from '../../../../../main/core/setup/run/ending.ts';
import { manifestOf } from '../../../../../main/core/setup/run/manifest.ts';
import { planOf } from '../../../../support/setup-plans.ts';
import { installedOf } from '../../../../support/setup-snapshots.ts';
import { serverOf } from '../../../../support/snapshots.ts';

const profileWith = (...names: string[]) =>
  serverOf({ stacks: names.map((environment) => installedOf({ environment })) }).profile;
const manifest = (environment: string) => manifestOf(planOf({ environment }), '/var/lib/mooring', 'lena@thinkpad');

describe('a stack that is noted', () => {
  it('keeps its place; a new one comes last', () => {
    const again = noteStack(
      profileWith('main', 'stage', 'dev'),
      installedOf({ environment: 'main', adminUser: 'boss' }),
    );
    expect(again.stacks.map(({ environment }) => environment)).toEqual(['main', 'stage', 'dev']);
    expect(again.stacks[0]?.adminUser).toBe('boss');
    const more = noteStack(again, installedOf({ environment: 'prod' }));
    expect(more.stacks.map(({ environment }) => environment)).toEqual(['main', 'stage', 'dev', 'prod']);
  });

  it('is not complete while its first run goes on, and stays complete during later ones', () => {
    expect(withKnown(profileWith('main'), manifest('dev'), []).complete).toBe(false);
    expect(withKnown(profileWith('main', 'dev'), manifest('dev'), []).complete).toBe(true);
  });
});
