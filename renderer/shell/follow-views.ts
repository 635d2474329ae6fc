/** Brings the window to where it is asked to be from outside. */
import type { Api } from '../../main/shared/contract.ts';
import { currentSnapshot } from '../api/store.ts';
import { resumePrompts, showView } from './ui-store.ts';

/** Returns the function that ends it. */
export function followViews({ subscribe }: Pick<Api, 'subscribe'>): () => void {
  return subscribe((event) => {
    if (event.name !== 'view.asked') return;
    const view = event.payload;
    showView(view);
    if (view.kind !== 'server') return;
    // Whoever asks for a server that needs an answer wants to give it.
    const asked = currentSnapshot()?.prompts.filter((each) => each.serverId === view.serverId) ?? [];
    resumePrompts(asked.map((each) => each.id));
  });
}
