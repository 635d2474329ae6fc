/** What this machine is like for tunnels: keychain, tray, login, agent, proxies. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import { notSpared } from '../../shared/environment/no-proxy.ts';
import { formatEndpoint, isOwnHost } from '../../shared/forward.ts';
import { withStop } from '../../shared/sentence.ts';
import { quoted } from '../../shared/shell-words.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import { describeBytes } from '../../shared/words.ts';
import type { AgentLook, MachineLook } from './diagnosis.ts';
import { finding, well, type Find } from './finding.ts';

const lowBytes = 200_000_000;
/** Whose environment is judged: Mooring’s own. */
export const ofApp = 'that Mooring was started with';

export function judgeMachine(snapshot: Snapshot, machine: MachineLook, agent: AgentLook): readonly Finding[] {
  const find = finding('machine', null);
  return [
    keychain(find, snapshot),
    ...desktop(find, snapshot),
    ...network(find, snapshot),
    agentFinding(find, snapshot, agent),
    ...judgeProxies(machine.variables, ofApp),
    ...dataDisk(find, machine, snapshot.dataDir),
  ];
}

function keychain(find: Find, { keychain: state }: Snapshot): Finding {
  const title = 'Keychain';
  switch (state.kind) {
    case 'ready':
      return find(well('keychain', title, `${state.name} keeps passwords and passphrases.`));
    case 'unknown':
      return find({
        id: 'keychain',
        title,
        status: 'unknown',
        seen: 'It has not answered yet.',
        fix: { kind: 'probe-keychain' },
      });
    case 'locked':
    case 'absent':
      return find({
        id: 'keychain',
        title,
        status: 'warning',
        seen: withStop(state.failure.message),
        hint: state.failure.hint ?? 'Secrets are kept until Mooring ends, and asked for again after that.',
        fix: { kind: 'probe-keychain' },
      });
    default:
      return state satisfies never;
  }
}

function desktop(find: Find, { desktop: view }: Snapshot): readonly Finding[] {
  if (view === null) return [];
  const { tray, loginItem } = view;
  const findings: Finding[] = [];
  if (tray.kind === 'shown') findings.push(find(well('tray', 'Tray', 'The icon is in the tray.')));
  if (tray.kind === 'absent') {
    findings.push(
      find({
        id: 'tray',
        title: 'Tray',
        status: 'warning',
        seen: withStop(tray.failure.message),
        hint: tray.failure.hint,
      }),
    );
  }
  switch (loginItem.kind) {
    case 'on':
      findings.push(find(well('login-item', 'Start at login', 'Mooring starts with your session.')));
      break;
    case 'off':
      findings.push(
        find({
          id: 'login-item',
          title: 'Start at login',
          status: 'warning',
          seen: 'Mooring does not start with your session, so tunnels wait for you to start it.',
          hint: 'Switch it on, here or in the settings.',
          fix: { kind: 'start-at-login' },
        }),
      );
      break;
    case 'blocked':
    case 'failed':
      findings.push(
        find({
          id: 'login-item',
          title: 'Start at login',
          status: 'warning',
          seen: withStop(loginItem.failure.message),
          hint: loginItem.failure.hint,
        }),
      );
      break;
    case 'unknown':
      break;
    default:
      loginItem satisfies never;
  }
  return findings;
}

function network(find: Find, { network: { online } }: Snapshot): readonly Finding[] {
  if (online) return [find(well('network', 'Network', 'There is a network.'))];
  return [
    find({
      id: 'network',
      title: 'Network',
      status: 'broken',
      seen: 'This machine has no network but its own loopback.',
      hint: 'Join a Wi-Fi or plug in a cable; tunnels come back by themselves.',
    }),
  ];
}

/** Without a server that could use it, an agent that is missing is no trouble. */
function agentFinding(find: Find, { servers }: Snapshot, agent: AgentLook): Finding {
  const needed = servers.some(({ profile }) => profile.login.kind === 'agent');
  const title = 'SSH agent';
  const status = needed ? 'broken' : 'ok';
  const more = needed ? '' : ' No server here relies on one.';
  const hint = needed ? 'Add your key with ssh-add, or choose a key file for the server.' : undefined;
  switch (agent.kind) {
    case 'keys':
      return find(well('agent', title, `It holds ${String(agent.count)} ${agent.count === 1 ? 'key' : 'keys'}.`));
    case 'empty':
      return find({ id: 'agent', title, status, seen: `It holds no key.${more}`, hint });
    case 'absent':
      return find({ id: 'agent', title, status, seen: `None is running.${more}`, hint });
    case 'silent':
      return find({
        id: 'agent',
        title,
        status: needed ? 'broken' : 'warning',
        seen: `It does not answer: ${agent.why}.`,
        hint,
      });
    default:
      return agent satisfies never;
  }
}

/** A proxy that catches 127.0.0.1 too keeps programs from every tunnel. `where`: `of this shell`. */
export function judgeProxies(variables: Readonly<Record<string, string>>, where: string): readonly Finding[] {
  const find = finding('machine', null);
  const proxy = ['HTTP_PROXY', 'ALL_PROXY', 'HTTPS_PROXY'].find((name) => (variables[name] ?? '') !== '');
  if (proxy === undefined) return [find(well('proxies', 'Proxies', `None is set in the environment ${where}.`))];
  if (notSpared(variables['NO_PROXY'] ?? '', ['127.0.0.1', 'localhost']).length === 0) {
    return [find(well('proxies', 'Proxies', `${proxy} is set ${where}; NO_PROXY keeps this machine out of it.`))];
  }
  return [
    find({
      id: 'proxies',
      title: 'Proxies',
      status: 'warning',
      seen: `${proxy} is set in the environment ${where} and catches 127.0.0.1: clients ask the proxy for your tunnels.`,
      hint: 'Set NO_PROXY=127.0.0.1,localhost beside it (and no_proxy, which some programs read).',
    }),
  ];
}

/** A tracking address of a shell that leads to no tunnel. `where`: `of this shell`. */
export function judgeTrackingUri(
  variables: Readonly<Record<string, string>>,
  snapshot: Snapshot,
  where: string,
): readonly Finding[] {
  const find = finding('machine', null);
  const only = snapshot.servers.length === 1 ? snapshot.servers[0] : undefined;
  return (['MLFLOW_TRACKING_URI', 'MLFLOW_S3_ENDPOINT_URL'] as const).flatMap((name) => {
    const url = parseUrl(variables[name]);
    if (url === null) return [];
    const { host, port } = url;
    if (!isOwnHost(host)) return [];
    const tunnels = snapshot.servers.flatMap(({ profile, forwards }) =>
      profile.forwards.map((forward, at) => ({ forward, server: profile.name, state: forwards[at]?.state.kind })),
    );
    const met = tunnels.find(({ forward }) => forward.bind.port === port);
    const shown = formatEndpoint(host, port);
    if (met?.state === 'up') {
      return [
        find(well(name.toLowerCase(), name, `${shown} ${where} is the tunnel ${met.forward.label} to ${met.server}.`)),
      ];
    }
    const seen =
      met === undefined
        ? `${shown} ${where} is the end of no tunnel here.`
        : `${shown} ${where} is the tunnel ${met.forward.label} to ${met.server}, which is not up.`;
    return [
      find({
        id: name.toLowerCase(),
        title: name,
        status: met === undefined ? 'warning' : 'broken',
        seen,
        hint:
          met === undefined
            ? `Take the one that is right now: mooring env ${only === undefined ? 'SERVER' : quoted(only.profile.name)}`
            : `Bring it up: mooring up ${quoted(met.server)}`,
      }),
    ];
  });
}

function parseUrl(text: string | undefined): { readonly host: string; readonly port: number } | null {
  const match = /^(https?):\/\/(?:[^/@]*@)?(\[[0-9a-f:.]+\]|[^/:?#@]+)(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(text ?? '');
  if (!match) return null;
  const [, scheme = '', host = '', port] = match;
  const usual = scheme.toLowerCase() === 'https' ? 443 : 80;
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? usual : Number(port) };
}

function dataDisk(find: Find, { dataFreeBytes }: MachineLook, dataDir: string): readonly Finding[] {
  if (dataFreeBytes === null) return [];
  if (dataFreeBytes > lowBytes)
    return [find(well('disk', 'Disk', `${describeBytes(dataFreeBytes)} are free for Mooring’s own data.`))];
  return [
    find({
      id: 'disk',
      title: 'Disk',
      status: 'warning',
      seen: `Only ${describeBytes(dataFreeBytes)} are free where Mooring keeps its data (${dataDir}).`,
      hint: 'Make room: settings and logs can’t be saved on a full disk.',
    }),
  ];
}
