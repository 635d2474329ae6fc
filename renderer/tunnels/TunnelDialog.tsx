import { Button, Chip, Group, NumberInput, Select, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { forwardPresets, serviceKinds } from '../../main/shared/forward.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { serviceWords } from '../../main/shared/words.ts';
import { client } from '../api/client.ts';
import { fieldErrors, isAllInFields } from '../api/field-errors.ts';
import { currentServer, currentSnapshot } from '../api/store.ts';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { AppDialog } from '../shell/AppDialog.tsx';
import { MoreFields } from './MoreFields.tsx';
import {
  emptyTunnel,
  findPreset,
  portsInUse,
  tunnelFromDraft,
  tunnelFromPreset,
  tunnelToDraft,
  type TunnelValues,
} from './tunnel-form.ts';

interface Props {
  readonly serverId: string;
  /** null: a new one. */
  readonly forwardId: string | null;
  readonly presetName: string | null;
  readonly onClose: () => void;
}

const shownPaths = /^(label|service|bind\.(address|port)|target\.(host|port)|sendAs\.host)$/;

function presetValues(serverId: string, presetName: string | null): TunnelValues {
  const snapshot = currentSnapshot();
  const preset = findPreset(presetName);
  if (preset === undefined || snapshot === null) return emptyTunnel;
  const labels = currentServer(serverId)?.profile.forwards.map((each) => each.label) ?? [];
  return tunnelFromPreset(preset, portsInUse(snapshot), labels);
}

function initialValues({ serverId, forwardId, presetName }: Props): TunnelValues {
  const forward = currentServer(serverId)?.profile.forwards.find((each) => each.id === forwardId);
  return forward ? tunnelFromDraft(forward) : presetValues(serverId, presetName);
}

export function TunnelDialog(props: Props) {
  const { serverId, forwardId, onClose } = props;
  const [initial] = useState(() => initialValues(props));
  const [values, setValues] = useState(initial);
  const [presetName, setPresetName] = useState(props.presetName);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const errors = fieldErrors(refusal);
  const set = (patch: Partial<TunnelValues>): void => {
    setValues((before) => ({ ...before, ...patch }));
  };
  const portProps = { hideControls: true, allowDecimal: false, allowNegative: false, className: 'port-field' } as const;

  const submit = async (): Promise<void> => {
    setBusy(true);
    const draft = tunnelToDraft(values);
    const reply =
      forwardId === null
        ? await client.call('forwards.add', { serverId, draft })
        : await client.call('forwards.edit', { serverId, forwardId, draft });
    setBusy(false);
    if (reply.ok) onClose();
    else setRefusal(reply.error);
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void submit();
  };

  return (
    <AppDialog
      onClose={onClose}
      size={560}
      title={forwardId === null ? 'Add a tunnel' : `Edit ${initial.label}`}
      closeOnClickOutside={false}
      closeOnEscape={values === initial}
    >
      <form className="form" onSubmit={onSubmit} noValidate>
        {forwardId === null && (
          <Chip.Group
            value={presetName ?? 'custom'}
            onChange={(chosen) => {
              setPresetName(chosen);
              setValues(presetValues(serverId, chosen));
            }}
          >
            <div className="chips" role="radiogroup" aria-label="Preset">
              {forwardPresets.map((preset) => (
                <Chip key={preset.name} value={preset.name} size="sm">
                  {preset.label}
                </Chip>
              ))}
              <Chip value="custom" size="sm">
                Custom
              </Chip>
            </div>
          </Chip.Group>
        )}
        <div className="form-row">
          <TextInput
            className="grow-2"
            label="Name"
            placeholder="What you call it"
            data-autofocus
            value={values.label}
            error={errors['label']}
            onChange={(event) => {
              set({ label: event.currentTarget.value });
            }}
          />
          <Select
            className="grow-1"
            label="What answers there"
            data={serviceKinds.map((kind) => ({ value: kind, label: serviceWords[kind] }))}
            allowDeselect={false}
            value={values.service}
            error={errors['service']}
            onChange={(kind) => {
              set({ service: serviceKinds.find((each) => each === kind) ?? 'tcp' });
            }}
          />
        </div>
        <div className="form-row">
          <TextInput
            className="grow-2"
            label="On this machine"
            classNames={{ input: 'mono' }}
            value={values.bindAddress}
            error={errors['bind.address']}
            onChange={(event) => {
              set({ bindAddress: event.currentTarget.value });
            }}
          />
          <NumberInput
            {...portProps}
            label="Local port"
            value={values.bindPort}
            error={errors['bind.port']}
            onChange={(bindPort) => {
              set({ bindPort });
            }}
          />
        </div>
        {findPreset(presetName)?.note !== undefined && (
          <p className="field-note dim">{findPreset(presetName)?.note}.</p>
        )}
        <div className="form-row">
          <TextInput
            className="grow-2"
            label="Where the server connects to"
            classNames={{ input: 'mono' }}
            value={values.targetHost}
            error={errors['target.host']}
            onChange={(event) => {
              set({ targetHost: event.currentTarget.value });
            }}
          />
          <NumberInput
            {...portProps}
            label="Target port"
            value={values.targetPort}
            error={errors['target.port']}
            onChange={(targetPort) => {
              set({ targetPort });
            }}
          />
        </div>
        <MoreFields values={values} error={errors['sendAs.host']} set={set} />
        {refusal !== null && !isAllInFields(refusal, (path) => shownPaths.test(path)) && (
          <FailureTrouble failure={refusal} />
        )}
        <Group className="form-foot" justify="flex-end">
          <Button variant="subtle" color="gray" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {forwardId === null ? 'Add tunnel' : 'Save'}
          </Button>
        </Group>
      </form>
    </AppDialog>
  );
}
