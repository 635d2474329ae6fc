/** The one place where a thrown thing becomes a Failure. Whatever throws is a bug: ordinary failures are values. */
import { failure, type Failure } from '../shared/failure.ts';

export function toFailure(thrown: unknown): Failure {
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return failure('bug', 'Something went wrong inside Mooring.', {
    hint: 'What you asked for may not have happened. The log has more; please report it.',
    detail,
  });
}
