/** A typed text (`--set`, a word of a stack file) as the value that its field has. What does not fit stays a text. */
import type { StackField } from '../../../shared/setup/stack-fields.ts';
import type { FieldValue } from '../../../shared/setup/stack.ts';

export function fieldValue({ shape }: StackField, text: string): FieldValue {
  const word = text.trim().toLowerCase();
  switch (shape.kind) {
    case 'port':
    case 'count':
      return /^\d{1,9}$/.test(word) ? Number(word) : text;
    case 'yes-no':
      if (['true', 'yes', 'on'].includes(word)) return true;
      return ['false', 'no', 'off'].includes(word) ? false : text;
    case 'text':
    case 'choice':
      return text;
    default:
      return shape satisfies never;
  }
}
