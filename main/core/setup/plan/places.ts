/** Where setup puts things on a server, by scope. */
import type { ServerFacts } from '../../../shared/facts.ts';

export interface Places {
  readonly scope: 'system' | 'user';
  /** Of Mooring itself: runs, manifests, the lock. Readable by all in the system scope; holds no secrets. */
  readonly stateDir: string;
  /** Of this environment: manifest, marks of what was made. */
  readonly stackDir: string;
  /** Settings of this environment, some of them secret: files are 600. */
  readonly configDir: string;
  /** Programs, shared by environments. */
  readonly programDir: string;
  /** Data of this environment. */
  readonly dataDir: string;
  readonly unitDir: string;
}

const systemData = '/srv/mooring';
const ownPlace = (home: string): string => `${home}/.local/share/mooring`;

/** Folders that hold the data folders of environments, one for each scope. `home`: as in {@link placesFor}. */
export const dataRoots = (home: string): readonly [system: string, user: string] => [
  systemData,
  `${ownPlace(home)}/data`,
];

/** Of a store. Beside MLflow’s data and not within: that folder is closed to other accounts. */
export const objectsDirOf = (dataDir: string, chosen: string | null): string =>
  chosen === null ? `${dataDir}.objects` : `${chosen}/objects`;

/** Where servers keep data, whatever kind of file system somebody has mounted there. */
export const isKeepingPlace = (mount: string): boolean => /^\/(srv|home|var\/lib\/postgresql)(\/|$)/.test(mount);

/** Of the login account, absolute; the usual one where the server did not tell. */
export const homeOf = ({ account: { home } }: ServerFacts, account: string): string =>
  home ?? (account === 'root' ? '/root' : `/home/${account}`);

/** `home`: as {@link homeOf} gives it. */
export function placesFor(scope: 'system' | 'user', environment: string, home: string): Places {
  const own = ownPlace(home);
  const [systemRoot, userRoot] = dataRoots(home);
  const [stateDir, configDir, programDir, dataDir, unitDir] =
    scope === 'system'
      ? ['/var/lib/mooring', '/etc/mooring', '/opt/mooring', systemRoot, '/etc/systemd/system']
      : [own, `${home}/.config/mooring`, `${own}/programs`, userRoot, `${home}/.config/systemd/user`];
  return {
    scope,
    stateDir,
    stackDir: `${stateDir}/stacks/${environment}`,
    configDir: `${configDir}/${environment}`,
    programDir,
    dataDir: `${dataDir}/${environment}`,
    unitDir,
  };
}

/** `mooring-mlflow.service`, or `mooring-mlflow-dev.service` for an environment other than `main`. */
export const unitName = (part: string, environment: string): string =>
  `mooring-${part}${environment === 'main' ? '' : `-${environment}`}.service`;

/** Of a unit that {@link unitName} names, the environment; null for one that is not Mooring’s. */
export function environmentOfUnit(unit: string | null): string | null {
  const found = /^mooring-(?:mlflow|storage(?:-s3|-console)?)(?:-([a-z].*))?\.service$/.exec(unit ?? '');
  return found === null ? null : (found[1] ?? 'main');
}
