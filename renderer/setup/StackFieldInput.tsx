import { NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { memo } from 'react';
import type { StackField } from '../../main/shared/setup/stack-fields.ts';
import type { FieldValue } from '../../main/shared/setup/stack.ts';
import { setValue } from './setup-store.ts';

interface Props {
  readonly serverId: string;
  readonly field: StackField;
  readonly value: FieldValue;
  readonly error: string | undefined;
}

/** Values of several lines would lose their ends in a one-line field. */
const isLong = (field: StackField): boolean => field.key === 'database.ca';

export const StackFieldInput = memo(function StackFieldInput({ serverId, field, value, error }: Props) {
  const { key, label, help, shape } = field;
  const common = {
    label,
    error,
    'data-key': key,
    ...(help === null ? {} : { description: help }),
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
  };
  const change = (next: FieldValue): void => {
    setValue(serverId, key, next);
  };
  switch (shape.kind) {
    case 'yes-no':
      return (
        <Switch
          className="field-switch"
          label={label}
          error={error}
          data-key={key}
          {...(help === null ? {} : { description: help })}
          checked={value === true}
          onChange={(event) => {
            change(event.currentTarget.checked);
          }}
        />
      );
    case 'choice':
      return (
        <Select
          {...common}
          data={shape.choices.map((each) => ({ value: each.value, label: each.label }))}
          allowDeselect={false}
          value={String(value)}
          onChange={(next) => {
            if (next !== null) change(next);
          }}
        />
      );
    case 'port':
    case 'count':
      return (
        <NumberInput
          {...common}
          hideControls
          allowDecimal={false}
          allowNegative={false}
          value={typeof value === 'boolean' ? '' : value}
          onChange={change}
        />
      );
    case 'text':
      return isLong(field) ? (
        <Textarea
          {...common}
          className="field-wide"
          autosize
          minRows={3}
          maxRows={8}
          placeholder="-----BEGIN CERTIFICATE-----"
          spellCheck={false}
          classNames={{ input: 'mono' }}
          value={String(value)}
          onChange={(event) => {
            change(event.currentTarget.value);
          }}
        />
      ) : (
        <TextInput
          {...common}
          {...(shape.example === undefined ? {} : { placeholder: shape.example })}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          value={String(value)}
          onChange={(event) => {
            change(event.currentTarget.value);
          }}
        />
      );
    default:
      return shape satisfies never;
  }
});
