import { Button, Group } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { shownFields, stackCards, type StackField } from '../../main/shared/setup/stack-fields.ts';
import { fieldErrors, isAllInFields, type FieldErrors } from '../api/field-errors.ts';
import { Fold } from '../shell/Fold.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { setUpFocus } from './focus.ts';
import { makePlan } from './setup-actions.ts';
import { draftOf, useRefusal, valueOf, type Flow } from './setup-store.ts';
import { StackFieldInput } from './StackFieldInput.tsx';

interface Props {
  readonly serverId: string;
  readonly flow: Flow;
  readonly onBack: () => void;
}

/** The form of a stack: usual values filled in, what few people change folded away. */
export function StackForm({ serverId, flow, onBack }: Props) {
  const refusal = useRefusal(serverId);
  const errors = fieldErrors(refusal);
  const [busy, setBusy] = useState(false);
  const [unfolded, setUnfolded] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const fields = shownFields(draftOf(flow));
  const plain = fields.filter((each) => !each.advanced);
  const advanced = fields.filter((each) => each.advanced);
  const refusedFolded = advanced.some((each) => errors[each.key] !== undefined);
  const shown = unfolded || refusedFolded;

  useEffect(() => {
    setUpFocus(heading.current);
  }, []);
  useEffect(() => {
    if (refusal !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refusal]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    await makePlan(serverId, draftOf(flow));
    setBusy(false);
  };

  return (
    <form ref={form} className="stack-form panel form" onSubmit={(event) => void submit(event)} noValidate>
      <div>
        <h2 ref={heading} tabIndex={-1}>
          {stackCards[flow.stack].title}
        </h2>
        <p className="dim">
          {stackCards[flow.stack].summary} Nothing happens on the server before you have seen the plan.
        </p>
      </div>
      <Fields serverId={serverId} flow={flow} fields={plain} errors={errors} />
      {advanced.length > 0 && (
        <Fold shown={shown} onChange={setUnfolded}>
          <span>More settings</span>
          {!shown && <span className="dim ellipsis">{advanced.map((each) => each.label).join(', ')}</span>}
        </Fold>
      )}
      {shown && <Fields serverId={serverId} flow={flow} fields={advanced} errors={errors} />}
      {refusal !== null && !isAllInFields(refusal, (path) => fields.some((each) => each.key === path)) && (
        <FailureTrouble failure={refusal} />
      )}
      <Group className="panel-foot" justify="space-between">
        <Button variant="subtle" color="gray" leftSection={<IconArrowLeft size={16} />} onClick={onBack}>
          Other stacks
        </Button>
        <Button type="submit" loading={busy}>
          Show the plan
        </Button>
      </Group>
    </form>
  );
}

function Fields({
  serverId,
  flow,
  fields,
  errors,
}: {
  serverId: string;
  flow: Flow;
  fields: readonly StackField[];
  errors: FieldErrors;
}) {
  return (
    <div className="fields">
      {fields.map((field) => (
        <StackFieldInput
          key={field.key}
          serverId={serverId}
          field={field}
          value={valueOf(flow, field)}
          error={errors[field.key]}
        />
      ))}
    </div>
  );
}
