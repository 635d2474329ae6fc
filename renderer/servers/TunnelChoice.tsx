import { ActionIcon, Button, Chip, Input, NumberInput, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { forwardPresets } from '../../main/shared/forward.ts';
import type { FieldErrors } from '../api/field-errors.ts';
import { useSnapshot } from '../api/store.ts';
import { portsInUse, type TunnelValues } from '../tunnels/tunnel-form.ts';
import { addCustom, hasPreset, togglePreset, type ServerValues } from './server-form.ts';
import { useShallow } from 'zustand/react/shallow';

interface Props {
  readonly values: ServerValues;
  readonly errors: FieldErrors;
  readonly set: (values: ServerValues) => void;
}

/** Tunnels of a server being added: chips for the usual ones, a short row for each chosen. */
export function TunnelChoice({ values, errors, set }: Props) {
  const taken = useSnapshot(useShallow(portsInUse));
  const change = (index: number, patch: Partial<TunnelValues>): void => {
    set({ ...values, tunnels: values.tunnels.map((each, at) => (at === index ? { ...each, ...patch } : each)) });
  };
  return (
    <div>
      <Input.Label component="div">Tunnels</Input.Label>
      <div className="chips" role="group" aria-label="Tunnels to add">
        {forwardPresets.map((preset) => (
          <Chip
            key={preset.name}
            size="sm"
            title={preset.note}
            checked={hasPreset(values, preset)}
            onChange={() => {
              set(togglePreset(values, preset, taken));
            }}
          >
            {preset.label}
          </Chip>
        ))}
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<IconPlus size={14} />}
          onClick={() => {
            set(addCustom(values));
          }}
        >
          Custom
        </Button>
      </div>
      {values.tunnels.map((tunnel, index) => (
        <TunnelLine
          // Rows have no identity but their place; they are only added at the end.
          key={index}
          tunnel={tunnel}
          number={index + 1}
          errors={errors}
          change={(patch) => {
            change(index, patch);
          }}
          remove={() => {
            set({ ...values, tunnels: values.tunnels.filter((_, at) => at !== index) });
          }}
        />
      ))}
    </div>
  );
}

interface LineProps {
  readonly tunnel: TunnelValues;
  readonly number: number;
  readonly errors: FieldErrors;
  readonly change: (patch: Partial<TunnelValues>) => void;
  readonly remove: () => void;
}

function TunnelLine({ tunnel, number, errors, change, remove }: LineProps) {
  const name = tunnel.label || `tunnel ${String(number)}`;
  const at = `forwards.${String(number - 1)}`;
  const portProps = { hideControls: true, allowDecimal: false, allowNegative: false, size: 'xs' } as const;
  const problems = Object.entries(errors).filter(([path]) => path.startsWith(`${at}.`));
  const wrong = (path: string): boolean => errors[`${at}.${path}`] !== undefined;
  return (
    <div className="tunnel-line">
      <TextInput
        size="xs"
        aria-label={`Name of ${name}`}
        placeholder="Name"
        value={tunnel.label}
        error={wrong('label')}
        onChange={(event) => {
          change({ label: event.currentTarget.value });
        }}
      />
      <NumberInput
        {...portProps}
        aria-label={`Local port of ${name}`}
        placeholder="local"
        leftSection={<span className="dim">:</span>}
        leftSectionWidth={18}
        value={tunnel.bindPort}
        error={wrong('bind.port') || wrong('bind.address')}
        onChange={(bindPort) => {
          change({ bindPort });
        }}
      />
      <span className="dim" aria-hidden>
        →
      </span>
      <TextInput
        size="xs"
        aria-label={`Target host of ${name}, as the server sees it`}
        value={tunnel.targetHost}
        error={wrong('target.host')}
        onChange={(event) => {
          change({ targetHost: event.currentTarget.value });
        }}
      />
      <NumberInput
        {...portProps}
        aria-label={`Target port of ${name}`}
        placeholder="port"
        value={tunnel.targetPort}
        error={wrong('target.port')}
        onChange={(targetPort) => {
          change({ targetPort });
        }}
      />
      <ActionIcon aria-label={`Take out ${name}`} onClick={remove}>
        <IconX size={15} />
      </ActionIcon>
      {problems.length > 0 && (
        <Input.Error className="tunnel-line-error">{problems.map(([, message]) => message).join(' ')}</Input.Error>
      )}
    </div>
  );
}
