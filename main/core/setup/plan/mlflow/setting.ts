/** What the steps of MLflow share: names, places, and what is to be installed. */
import type { PythonFacts } from '../../../../shared/facts.ts';
import type { MlflowPart } from '../../../../shared/setup/stack.ts';
import { serviceAccount, type PlanContext, type Wiring } from '../component.ts';
import { unitName } from '../places.ts';
import { choosePython } from '../python.ts';

export interface MlflowSetting {
  readonly context: PlanContext;
  readonly mlflow: MlflowPart;
  readonly database: Wiring;
  readonly artifacts: Wiring;
  /** Owns settings and data, and runs the service. */
  readonly account: string;
  readonly unit: string;
  /** Its environment, with secrets: 600. */
  readonly envFile: string;
  /** What MLflow's login is told in a file: 600. */
  readonly iniFile: string;
  readonly dataDir: string;
  /** As pip understands them. */
  readonly packages: readonly string[];
  /** The virtual environment: shared by environments that need the same packages. */
  readonly programDir: string;
  /** Null: uv has to fetch one. */
  readonly python: PythonFacts | null;
  readonly workers: number;
}

export function mlflowSetting(
  context: PlanContext,
  mlflow: MlflowPart,
  { database, artifacts }: { readonly database: Wiring; readonly artifacts: Wiring },
): MlflowSetting {
  const { places, stack, facts } = context;
  // With what a login needs in any case, so that it can be turned on without another installation.
  const beside = new Set([...database.pythonPackages, ...artifacts.pythonPackages]);
  const packages = [`mlflow[auth]==${mlflow.version}`, ...[...beside].sort()];
  const python = choosePython(facts, places.scope);
  const release = (python?.version ?? fetchedPython).split('.').slice(0, 2).join('.');
  return {
    context,
    mlflow,
    database,
    artifacts,
    account: serviceAccount(context),
    unit: unitName('mlflow', stack.environment),
    envFile: `${places.configDir}/mlflow.env`,
    iniFile: `${places.configDir}/auth.ini`,
    dataDir: mlflowDataDir(context),
    packages,
    programDir: `${places.programDir}/mlflow-${mlflow.version}-${shortHash([release, python?.path ?? '', ...packages])}`,
    python,
    workers: mlflow.workers === 0 ? usualWorkers(context) : mlflow.workers,
  };
}

/** What uv fetches where no Python will do. */
export const fetchedPython = '3.12';

/** Where this environment's data lies; for the object storage's own stack too, which has no MLflow. */
export const mlflowDataDir = ({ stack, places }: PlanContext): string => stack.mlflow?.dataDir ?? places.dataDir;

/** Each takes about 400 MB; a second one keeps answering while the first is busy with an upload. */
function usualWorkers({ facts: { machine } }: PlanContext): number {
  const small = (machine.memoryBytes ?? 0) < 3.5 * 2 ** 30 || (machine.cpuCount ?? 1) < 2;
  return small ? 1 : 2;
}

/** Eight characters that differ where the texts do (FNV-1a, twice): a name, not a safeguard. */
export function shortHash(texts: readonly string[]): string {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (const letter of texts.join('\n')) {
    one = Math.imul(one ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    other = Math.imul(other ^ (letter.codePointAt(0) ?? 0), 0x811c9dc5);
  }
  return [one, other].map((each) => (each >>> 0).toString(36).padStart(7, '0').slice(-4)).join('');
}
