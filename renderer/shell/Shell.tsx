import { useEffect } from 'react';
import { useIsAway, useSnapshot } from '../api/store.ts';
import { DoctorPage } from '../doctor/DoctorPage.tsx';
import { Palette } from '../palette/Palette.tsx';
import { PromptDialog } from '../prompts/PromptDialog.tsx';
import { NewVmPage } from '../setup/new-vm/NewVmPage.tsx';
import { FirstRun } from '../servers/FirstRun.tsx';
import { ServerPage } from '../servers/ServerPage.tsx';
import { Sidebar } from '../servers/Sidebar.tsx';
import { Announcer } from './Announcer.tsx';
import { AwayBanner, Notices } from './Banners.tsx';
import { Dialogs } from './Dialogs.tsx';
import { StatusBar } from './StatusBar.tsx';
import { toggleSidebar, useUi } from './ui-store.ts';
import { useSelectedServerId } from './use-selected-server.ts';

export function Shell() {
  const away = useIsAway();
  const empty = useSnapshot((snapshot) => snapshot.servers.length === 0);
  const serverId = useSelectedServerId();
  const place = useUi((state) => state.place);
  const sidebarOpen = useUi((state) => state.sidebarOpen);
  useEscape(sidebarOpen);
  return (
    <div className="shell" data-empty={empty} data-sidebar-open={sidebarOpen}>
      {away && <AwayBanner />}
      {/* What is shown while the core is away is the past: it can be read but not used. */}
      <div className="shell-body" inert={away}>
        {!empty && <Sidebar selectedId={place === 'server' ? serverId : null} />}
        {sidebarOpen && (
          <div
            className="sidebar-veil"
            onClick={() => {
              toggleSidebar(false);
            }}
          />
        )}
        <main className="page">
          <Notices />
          {place === 'new-vm' && <NewVmPage />}
          {place === 'doctor' && <DoctorPage />}
          {place === 'server' && (serverId === null ? <FirstRun /> : <ServerPage key={serverId} serverId={serverId} />)}
        </main>
      </div>
      <StatusBar away={away} />
      <Dialogs />
      <PromptDialog away={away} />
      <Palette />
      <Announcer />
    </div>
  );
}

function useEscape(sidebarOpen: boolean): void {
  useEffect(() => {
    if (!sidebarOpen) return;
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') toggleSidebar(false);
    };
    window.addEventListener('keydown', close);
    return () => {
      window.removeEventListener('keydown', close);
    };
  }, [sidebarOpen]);
}
