/** Says what was near when a name does not fit. */
import { nearNames } from '../../shared/near-names.ts';

/** `Did you mean lab-vm or lab-vm-2?`, else the names there are. */
export function suggest(typed: string, names: readonly string[], none: string): string {
  const near = nearNames(typed, names);
  if (near.length > 0) return `Did you mean ${near.join(' or ')}?`;
  return names.length === 0 ? none : `There is: ${names.join(', ')}`;
}
