import type { StoragePart } from '../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext, type PlanPart } from './component.ts';
export const storagePart = (context: PlanContext, storage: StoragePart): PlanPart => (
  void context,
  void storage,
  emptyPart
);
