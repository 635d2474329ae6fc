import type { PlanRemark } from '../../../shared/setup/plan.ts';
import { emptyPart, type PlanContext, type PlanPart } from './component.ts';
export const judgeMachine = (context: PlanContext): readonly PlanRemark[] => (void context, []);
export const basePart = (context: PlanContext): PlanPart => (void context, emptyPart);
