import type { Failure } from '../../main/shared/failure.ts';

export type FieldErrors = Readonly<Record<string, string>>;

/** Path → message, paths as the draft has them: `forwards.0.bind.port`. */
export function fieldErrors(error: Failure | null): FieldErrors {
  const pairs = (error?.fields ?? []).map(({ path, message }) => [path.replace(/^draft\./, ''), message] as const);
  return Object.fromEntries(pairs);
}

/** True when every part of the failure has a field to be shown at, so that the form need not say it again. */
export function isAllInFields(error: Failure, shown: (path: string) => boolean): boolean {
  const paths = Object.keys(fieldErrors(error));
  return paths.length > 0 && paths.every(shown);
}
