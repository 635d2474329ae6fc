/** The secrets of a run: given, known, or made up. */
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { HandedSecrets } from '../../../shared/contract.ts';
import type { Plan } from '../../../shared/setup/plan.ts';
import type { StackSecretName } from '../../../shared/setup/stack.ts';
import type { Random } from '../../ports.ts';
import type { Secrets } from '../../secrets.ts';
import { newSecret, secretTrouble } from '../passwords.ts';

export interface SecretsForPlan {
  readonly secrets: Readonly<Partial<Record<StackSecretName, string>>>;
}

/**
 * `stands`: the environment is on the server already. What is not known here then stays as it is there. Fails with
 * `invalid-argument`, naming what a person has to tell, and when the keychain can't be read.
 */
export async function gatherSecrets(
  plan: Plan,
  handed: HandedSecrets,
  stands: boolean,
  { serverId, secrets, random }: { readonly serverId: string; readonly secrets: Secrets; readonly random: Random },
): Promise<Reply<SecretsForPlan>> {
  const found: Partial<Record<StackSecretName, string>> = {};
  const missing: string[] = [];
  for (const { name, label, origin } of plan.secrets) {
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
    const known = await secrets.getForStack(serverId, plan.environment, name);
    if (!known.ok) return known;
    if (known.value !== null) found[name] = known.value;
    else if (stands) continue;
    else if (origin === 'generated') found[name] = newSecret(name, random);
    else missing.push(label);
  }
  if (missing.length === 0) return done({ secrets: found });
  return failed(
    failure('invalid-argument', `${missing.join(', ')}: needed for this stack.`, {
      hint: 'Give it in the form, or with --secrets FILE on the command line.',
    }),
  );
}
