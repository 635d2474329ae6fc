import { useEffect, useState } from 'react';
import { failure } from '../../main/shared/failure.ts';
import { showFailure } from '../api/act.ts';

const feedbackMs = 1600;

/** Returns whether it worked; a refusal is shown. */
export async function copyToClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (cause) {
    const hint = 'Select the text and copy it with the keyboard.';
    showFailure(failure('not-allowed', 'The browser did not let Mooring copy.', { hint, detail: String(cause) }));
    return false;
  }
}

export function useClipboard(): { readonly copied: boolean; readonly copy: (text: string) => Promise<void> } {
  const [copies, setCopies] = useState(0);
  useEffect(() => {
    if (copies === 0) return;
    const timer = window.setTimeout(() => {
      setCopies(0);
    }, feedbackMs);
    return () => {
      window.clearTimeout(timer);
    };
  }, [copies]);
  return {
    copied: copies > 0,
    copy: async (text) => {
      if (await copyToClipboard(text)) setCopies((count) => count + 1);
    },
  };
}
