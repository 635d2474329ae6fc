import { useEffect, useState } from 'react';
import type { CallArgs, CallName, CallValue } from '../../main/shared/contract.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { client } from './client.ts';

export interface Asked<T> {
  readonly asking: boolean;
  /** The last answer; also while it is asked anew. */
  readonly value: T | null;
  readonly failure: Failure | null;
  readonly again: () => void;
}

/** Answers of this window’s life: a tab that is opened again shows the last one until the next has come. */
const remembered = new Map<string, unknown>();

/** Asks when it is first shown, and again on request; not while `on` is false. For calls that tell no secrets. */
export function useAsked<K extends CallName>(name: K, args: CallArgs<K>, on: boolean): Asked<CallValue<K>> {
  const key = `${name} ${JSON.stringify(args)}`;
  const [round, setRound] = useState(0);
  const [answer, setAnswer] = useState<{ of: string; failure: Failure | null } | null>(null);
  const question = `${key} ${String(round)} ${String(on)}`;
  useEffect(() => {
    if (!on) return;
    let over = false;
    void client.call(name, JSON.parse(key.slice(name.length)) as CallArgs<K>).then((reply) => {
      if (reply.ok) remembered.set(key, reply.value);
      if (!over) setAnswer({ of: question, failure: reply.ok ? null : reply.error });
    });
    return () => {
      over = true;
    };
  }, [name, key, on, question]);
  const answered = answer?.of === question;
  return {
    asking: on && !answered,
    value: (remembered.get(key) as CallValue<K> | undefined) ?? null,
    failure: answered ? answer.failure : null,
    again: () => {
      setRound((each) => each + 1);
    },
  };
}
