import type { ScriptPart } from '../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext, type PlanPart } from './component.ts';
export const ownScriptPart = (context: PlanContext, script: ScriptPart): PlanPart => (
  void context,
  void script,
  emptyPart
);
