/** A real MLflow in a virtual environment, kept in the cache folder of the tests. */
import { join } from 'node:path';
import { pythonVenv, reasonOf } from './python-venv.ts';

const mlflowVersion = '3.17.2';

export interface MlflowVenv {
  readonly version: string;
  /** The environment's Python. */
  readonly python: string;
}

/** A first time takes a minute or two. `skip`: why there is none, in one line. `extras`: further packages. */
export async function mlflowVenv(
  version = mlflowVersion,
  extras: readonly string[] = [],
): Promise<MlflowVenv | { readonly skip: string }> {
  if (process.platform === 'win32') return { skip: 'a real MLflow is not started on Windows' };
  try {
    const programs = await pythonVenv(`mlflow-${version}`, [`mlflow[auth]==${version}`, ...extras]);
    return { version, python: join(programs, 'python') };
  } catch (error) {
    return { skip: `no MLflow ${version} can be made here: ${reasonOf(error)}` };
  }
}
