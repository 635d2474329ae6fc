import { Tabs } from '@mantine/core';
import { useServer } from '../api/store.ts';
import { EnvironmentTab } from '../environment/EnvironmentTab.tsx';
import { HostsTab } from '../hosts/HostsTab.tsx';
import { LogsTab } from '../logs/LogsTab.tsx';
import { goTo, tabs, useUi } from '../shell/ui-store.ts';
import { TunnelsTab } from '../tunnels/TunnelsTab.tsx';
import { SetupTab } from '../setup/SetupTab.tsx';
import { ConnectionTrouble } from './ConnectionTrouble.tsx';
import { DemoPanel } from './DemoPanel.tsx';
import { NeedsYouBanner } from '../prompts/NeedsYouBanner.tsx';
import { ServerHeader } from './ServerHeader.tsx';

export function ServerPage({ serverId }: { serverId: string }) {
  const server = useServer(serverId);
  const tab = useUi((state) => state.tab);
  if (server === undefined) return null;
  return (
    <article className="server-page" aria-label={server.profile.name}>
      <ServerHeader profile={server.profile} connection={server.connection} hasSecrets={server.secrets.length > 0} />
      <NeedsYouBanner serverId={serverId} name={server.profile.name} />
      <ConnectionTrouble serverId={serverId} connection={server.connection} editable={!server.profile.demo} />
      {server.profile.demo && <DemoPanel up={server.connection.kind === 'up'} />}
      <Tabs
        className="server-tabs"
        value={tab}
        keepMounted={false}
        onChange={(value) => {
          goTo(serverId, tabs.find((each) => each === value) ?? 'tunnels');
        }}
      >
        <Tabs.List>
          <Tabs.Tab value="tunnels">Tunnels</Tabs.Tab>
          <Tabs.Tab value="setup">Setup</Tabs.Tab>
          <Tabs.Tab value="hosts">Hosts</Tabs.Tab>
          <Tabs.Tab value="environment">Environment</Tabs.Tab>
          <Tabs.Tab value="logs">Logs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="tunnels">
          <TunnelsTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="setup" className="setup-panel">
          <SetupTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="hosts">
          <HostsTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="environment" className="setup-panel">
          <EnvironmentTab server={server} />
        </Tabs.Panel>
        <Tabs.Panel value="logs" className="logs-panel">
          <LogsTab serverId={serverId} />
        </Tabs.Panel>
      </Tabs>
    </article>
  );
}
