import { useEffect, useState } from 'react';
import type { Settings } from '../../main/shared/settings.ts';
import { act } from '../api/act.ts';

const feedbackMs = 2000;

export interface Saving {
  readonly save: (patch: Partial<Settings>) => Promise<void>;
  readonly saved: string | null;
}

/** Saves at once; `saved` names the setting that was just saved. */
export function useSave(): Saving {
  const [saved, setSaved] = useState<{ readonly key: string } | null>(null);
  useEffect(() => {
    if (saved === null) return;
    const timer = window.setTimeout(() => {
      setSaved(null);
    }, feedbackMs);
    return () => {
      window.clearTimeout(timer);
    };
  }, [saved]);
  const save = async (patch: Partial<Settings>): Promise<void> => {
    const reply = await act('settings.set', { patch });
    if (reply.ok) setSaved({ key: Object.keys(patch)[0] ?? '' });
  };
  return { save, saved: saved?.key ?? null };
}
