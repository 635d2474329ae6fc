import { useSnapshot } from '../api/store.ts';
import { useUi } from './ui-store.ts';

/** The id of the server whose page is shown: the chosen one, or the first when that is gone. */
export function useSelectedServerId(): string | null {
  const chosen = useUi((state) => state.serverId);
  return useSnapshot(({ servers }) => {
    const found = servers.find((each) => each.profile.id === chosen) ?? servers[0];
    return found?.profile.id ?? null;
  });
}
