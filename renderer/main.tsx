import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './theme/tokens.css';
import './shell/shell.css';
import './servers/servers.css';
import './tunnels/tunnels.css';
import './prompts/prompts.css';
import './logs/logs.css';
import './report/report.css';
import './setup/setup.css';
import './keys/keys.css';
import './setup/put-right/put-right.css';
import './setup/run.css';
import './hosts/hosts.css';
import './environment/environment.css';
import './doctor/doctor.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { client } from './api/client.ts';
import { followCore } from './api/store.ts';
import { App } from './shell/App.tsx';
import { followViews } from './shell/follow-views.ts';

followCore(client);
followViews(client);
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
