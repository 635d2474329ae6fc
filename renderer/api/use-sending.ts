import { useState } from 'react';
import type { CallArgs, CallName, CallReply } from '../../main/shared/contract.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { client } from './client.ts';
import { fieldErrors, type FieldErrors } from './field-errors.ts';

export interface Sending<K extends CallName> {
  readonly busy: boolean;
  /** What the last one was refused with. */
  readonly refusal: Failure | null;
  readonly errors: FieldErrors;
  readonly send: (args: CallArgs<K>) => Promise<CallReply<K>>;
}

/** A form that hands over what was typed, and shows what was not taken. */
export function useSending<K extends CallName>(name: K): Sending<K> {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Failure | null>(null);
  const send = async (args: CallArgs<K>): Promise<CallReply<K>> => {
    setBusy(true);
    const reply = await client.call(name, args);
    setBusy(false);
    setRefusal(reply.ok ? null : reply.error);
    return reply;
  };
  return { busy, refusal, errors: fieldErrors(refusal), send };
}
