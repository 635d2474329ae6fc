/** MLflow's systemd unit, shut in as far as it goes. It holds no secrets: everybody may read it. */
import type { MlflowSetting } from './setting.ts';

export function mlflowUnit(setting: MlflowSetting): string {
  const { context, mlflow, account, envFile, dataDir, programDir } = setting;
  const { scope } = context.places;
  const after = [...new Set([...setting.database.after, ...setting.artifacts.after])];
  const login = mlflow.login ? ' --app-name basic-auth' : '';
  return [
    '[Unit]',
    `Description=MLflow ${mlflow.version} (${context.stack.environment}), set up by Mooring`,
    'Documentation=https://mlflow.org/docs/latest/',
    `After=${[scope === 'system' ? 'network.target' : '', ...after].filter((each) => each !== '').join(' ')}`,
    ...(after.length > 0 ? [`Wants=${after.join(' ')}`] : []),
    // Its database may come back after hours: it goes on trying.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    ...(scope === 'system' ? [`User=${account}`] : []),
    `WorkingDirectory=${escaped(dataDir)}`,
    `EnvironmentFile=${escaped(envFile)}`,
    `ExecStart=${escaped(`${programDir}/bin/mlflow`)} server${login}`,
    'Restart=on-failure',
    'RestartSec=5',
    'TimeoutStopSec=30',
    'UMask=0077',
    ...anywhere,
    ...(scope === 'system' ? [...asRoot, `ProtectHome=${homes(setting)}`, `ReadWritePaths=${escaped(dataDir)}`] : []),
    '',
    '[Install]',
    `WantedBy=${scope === 'system' ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

/** What a user's own systemd can do too. */
const anywhere = [
  'NoNewPrivileges=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
];

const asRoot = [
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectSystem=strict',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectClock=yes',
  'ProtectHostname=yes',
  'RestrictNamespaces=yes',
];

/** A login account's home holds what it may need (~/.aws); an account of its own needs none, unless its data is there. */
function homes({ context, mlflow, dataDir, account }: MlflowSetting): 'yes' | 'read-only' {
  const inHome = /^\/(home|root|run\/user)\//.test(`${dataDir}/`);
  return mlflow.runAs === 'own' && account !== context.account && !inHome ? 'yes' : 'read-only';
}

/** A percent sign is special in units; a path with a blank is put in quotes. */
const escaped = (path: string): string => {
  const text = path.replaceAll('%', '%%');
  return /[\s"\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
};
