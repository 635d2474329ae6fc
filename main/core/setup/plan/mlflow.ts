import type { MlflowPart } from '../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext, type PlanPart, type Wiring } from './component.ts';
export const mlflowPart = (
  context: PlanContext,
  mlflow: MlflowPart,
  wirings: { readonly database: Wiring; readonly artifacts: Wiring },
): PlanPart => (void context, void mlflow, void wirings, emptyPart);
