/** The names besides loopback under which a stack’s MLflow is opened. */
import { adoptedPort } from './offers.ts';
import type { InstalledStack, StackDraft } from './stack.ts';

const field = 'mlflow.allowed-hosts';

const namesIn = ({ values }: StackDraft): readonly string[] =>
  String(values[field] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** Whether setup can change what it answers to: not of one that somebody else made. */
export const canAllowNames = ({ environment }: Pick<InstalledStack, 'environment'>): boolean =>
  adoptedPort(environment) === null;

/** The same stack, answering to these names as well. */
export function withNames(draft: StackDraft, names: readonly string[]): StackDraft {
  const all = [...new Set([...namesIn(draft), ...names])];
  return { ...draft, values: { ...draft.values, [field]: all.join(',') } };
}
