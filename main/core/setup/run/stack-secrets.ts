/** The secrets of a run: given, known, or made up. */
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { HandedSecrets } from '../../../shared/contract.ts';
import type { PlanSecret } from '../../../shared/setup/plan.ts';
import { stackSecretNames, type StackSecretName } from '../../../shared/setup/stack.ts';
import type { Random } from '../../ports.ts';
import type { Secrets } from '../../secrets.ts';
import { newSecret, secretTrouble } from '../passwords.ts';
import type { Prepared } from './preparation.ts';
import { isSameSecret, presentIn, standingSecrets } from './standing.ts';

/** Of a server, for {@link gatherSecrets}. */
export interface SecretsGround {
  readonly serverId: string;
  readonly secrets: Secrets;
  readonly random: Random;
}

/** In the order of all names. */
export const namesIn = (secrets: HandedSecrets): readonly StackSecretName[] =>
  stackSecretNames.filter((name) => secrets[name] !== undefined);

/** What is kept here, unless it was for something else. Fails when the keychain can't be read. */
export async function keptSecret(
  secret: PlanSecret,
  { plan, standing }: Pick<Prepared, 'plan' | 'standing'>,
  { serverId, secrets }: Pick<SecretsGround, 'serverId' | 'secrets'>,
): Promise<Reply<string | null>> {
  const before = presentIn(standing)?.secrets.find(({ name }) => name === secret.name);
  if (before && !isSameSecret(secret, before)) return done(null);
  return secrets.getForStack(serverId, plan.environment, secret.name);
}

/** Fails with `invalid-argument`, naming what a person has to tell, and when the keychain can't be read. */
export async function gatherSecrets(
  prepared: Pick<Prepared, 'plan' | 'standing'>,
  handed: HandedSecrets,
  ground: SecretsGround,
): Promise<Reply<HandedSecrets>> {
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
  if (missing.length === 0) return done(found);
  return failed(
    failure('invalid-argument', `${missing.join(', ')}: needed for this stack.`, {
      hint: 'Give it in the form, or with --secrets FILE on the command line.',
    }),
  );
}
