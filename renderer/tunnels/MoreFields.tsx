import { Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { webServices } from '../../main/shared/forward.ts';
import { Fold } from '../shell/Fold.tsx';
import type { TunnelValues } from './tunnel-form.ts';

interface Props {
  readonly values: TunnelValues;
  /** Of “Send as Host”. */
  readonly error: string | undefined;
  readonly set: (patch: Partial<TunnelValues>) => void;
}

/** What few tunnels need: folded away unless something of it is set. */
export function MoreFields({ values, error, set }: Props) {
  const [unfolded, setUnfolded] = useState(values.alsoIpv6 || values.sendAs !== '');
  const shown = unfolded || error !== undefined;
  const speaksHttp = webServices.includes(values.service);
  return (
    <>
      <Fold shown={shown} onChange={setUnfolded}>
        <span>More</span>
        {!shown && <span className="dim ellipsis">{speaksHttp ? '::1, send as Host' : '::1'}</span>}
      </Fold>
      {shown && (
        <Checkbox
          label="Listen on ::1 as well"
          description="For programs that take localhost to be IPv6 first."
          checked={values.alsoIpv6}
          onChange={(event) => {
            set({ alsoIpv6: event.currentTarget.checked });
          }}
        />
      )}
      {shown && (speaksHttp || error !== undefined) && (
        <TextInput
          label="Send as Host"
          description="For servers that answer to one name only. Empty: whatever the program says."
          placeholder="mlflow-server.local"
          classNames={{ input: 'mono' }}
          value={values.sendAs}
          error={error}
          onChange={(event) => {
            set({ sendAs: event.currentTarget.value });
          }}
        />
      )}
      {shown && values.service === 's3' && (
        <p className="field-note dim">
          Requests to an S3 store are signed with the Host in them, so that it can’t be another one.
        </p>
      )}
    </>
  );
}
