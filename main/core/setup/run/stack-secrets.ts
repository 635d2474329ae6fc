/** The secrets of a run: given, known, or made up. */
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { HandedSecrets } from '../../../shared/contract.ts';
import type { PlanSecret } from '../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../shared/setup/stack.ts';
import type { Random } from '../../ports.ts';
import type { Secrets } from '../../secrets.ts';
import { newSecret, secretTrouble } from '../passwords.ts';
import type { Prepared } from './preparation.ts';

export interface SecretsForPlan {
  readonly secrets: Readonly<Partial<Record<StackSecretName, string>>>;
}

/** Of a server, for {@link gatherSecrets}. */
export interface SecretsGround {
  readonly serverId: string;
  readonly secrets: Secrets;
  readonly random: Random;
}

/**
 * Another stack may call by the same name what is not the same: the password of a database here and of one elsewhere.
 * What Mooring makes up serves as well after a change of its label.
 */
const isSame = (now: PlanSecret, before: PlanSecret): boolean =>
  now.name === before.name &&
  (now.label === before.label || (now.origin === 'generated' && before.origin === 'generated'));

/** Those that the server has already: what is not known here stays as it is there. */
export const standingSecrets = ({
  plan,
  stands,
  present,
}: Pick<Prepared, 'plan' | 'stands' | 'present'>): readonly StackSecretName[] =>
  stands
    ? plan.secrets
        .filter((each) => present === null || present.secrets.some((before) => isSame(each, before)))
        .map(({ name }) => name)
    : [];

/** What is kept here, unless it was for something else. Fails when the keychain can't be read. */
export async function keptSecret(
  secret: PlanSecret,
  { plan, present }: Pick<Prepared, 'plan' | 'present'>,
  { serverId, secrets }: Pick<SecretsGround, 'serverId' | 'secrets'>,
): Promise<Reply<string | null>> {
  const before = present?.secrets.find(({ name }) => name === secret.name);
  if (before && !isSame(secret, before)) return done(null);
  return secrets.getForStack(serverId, plan.environment, secret.name);
}

/** Fails with `invalid-argument`, naming what a person has to tell, and when the keychain can't be read. */
export async function gatherSecrets(
  prepared: Pick<Prepared, 'plan' | 'stands' | 'present'>,
  handed: HandedSecrets,
  ground: SecretsGround,
): Promise<Reply<SecretsForPlan>> {
  const standing = standingSecrets(prepared);
  const found: Partial<Record<StackSecretName, string>> = {};
  const missing: string[] = [];
  for (const secret of prepared.plan.secrets) {
    const { name, label, origin } = secret;
    const given = handed[name];
    if (given !== undefined && given !== '') {
      const trouble = secretTrouble(name, given);
      if (trouble !== null) {
        const fields = [{ path: name, message: trouble }];
        return failed(failure('invalid-argument', `${label}: ${trouble}.`, { hint: 'Choose another one.', fields }));
      }
      found[name] = given;
      continue;
    }
    const known = await keptSecret(secret, prepared, ground);
    if (!known.ok) return known;
    if (known.value !== null) found[name] = known.value;
    else if (standing.includes(name)) continue;
    else if (origin === 'generated') found[name] = newSecret(name, ground.random);
    else missing.push(label);
  }
  if (missing.length === 0) return done({ secrets: found });
  return failed(
    failure('invalid-argument', `${missing.join(', ')}: needed for this stack.`, {
      hint: 'Give it in the form, or with --secrets FILE on the command line.',
    }),
  );
}
