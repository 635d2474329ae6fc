import type { MlflowPart } from '../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext } from './component.ts';
import type { WiredPart } from './plan-stack.ts';
export function databasePart(context: PlanContext, mlflow: MlflowPart): WiredPart {
  const uri =
    'database' === ('database' as string)
      ? `sqlite:///${context.places.dataDir}/mlflow.db`
      : `${context.places.dataDir}/artifacts`;
  void mlflow;
  return {
    part: emptyPart,
    wiring: { pythonPackages: [], printUri: `printf %s ${uri}`, printEnv: '', secrets: [], after: [] },
  };
}
