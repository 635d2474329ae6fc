/**
 * What a person has chosen and typed for each server, so that another tab, a reload or a failure loses nothing. Secrets
 * that were typed are held in memory only, and no longer than it takes to hand them over.
 */
import { create } from 'zustand';
import type { HandedSecrets } from '../../main/shared/contract.ts';
import type { Failure } from '../../main/shared/failure.ts';
import type { Plan } from '../../main/shared/setup/plan.ts';
import { fieldsOf, shownFields, type StackField } from '../../main/shared/setup/stack-fields.ts';
import {
  stackNames,
  type FieldValue,
  type StackDraft,
  type StackName,
  type StackSecretName,
} from '../../main/shared/setup/stack.ts';
import { keep, readKept } from './kept.ts';

export type FlowValues = Readonly<Record<string, FieldValue>>;

export interface Flow {
  readonly stack: StackName;
  /** What was typed, by the keys of the fields; also of fields that are not shown at the moment. */
  readonly values: FlowValues;
  readonly step: 'form' | 'plan';
  /** Shown; else it lies aside and can be taken up again. */
  readonly open: boolean;
}

export interface Planned {
  readonly plan: Plan;
  readonly known: readonly StackSecretName[];
  /** The environment is complete on the server. */
  readonly stands: boolean;
}

interface SetupState {
  /** By server. */
  readonly flows: Readonly<Record<string, Flow>>;
  readonly planned: Readonly<Record<string, Planned>>;
  /** What the core did not accept of a form, or why there was no plan. */
  readonly refusals: Readonly<Record<string, Failure>>;
  readonly secrets: Readonly<Record<string, HandedSecrets>>;
}

const keptIn = 'mooring-setup';

const isFlow = (value: unknown): value is Flow => {
  const flow = value as Partial<Flow> | null;
  return (
    typeof flow === 'object' &&
    flow !== null &&
    stackNames.some((each) => each === flow.stack) &&
    typeof flow.values === 'object' &&
    (flow.step === 'form' || flow.step === 'plan')
  );
};

function readFlows(): SetupState['flows'] {
  const kept = Object.entries(readKept(keptIn)).filter((each): each is [string, Flow] => isFlow(each[1]));
  return Object.fromEntries(kept);
}

const useSetup = create<SetupState>()(() => ({ flows: readFlows(), planned: {}, refusals: {}, secrets: {} }));

useSetup.subscribe(({ flows }, before) => {
  if (flows !== before.flows) keep(keptIn, flows);
});

const without = <T>(all: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(all).filter(([each]) => each !== key));

export const useFlow = (serverId: string): Flow | undefined => useSetup((state) => state.flows[serverId]);
export const usePlanned = (serverId: string): Planned | undefined => useSetup((state) => state.planned[serverId]);
export const useRefusal = (serverId: string): Failure | null => useSetup((state) => state.refusals[serverId] ?? null);
const none: HandedSecrets = {};
export const useSecrets = (serverId: string): HandedSecrets => useSetup((state) => state.secrets[serverId] ?? none);
export const currentFlow = (serverId: string): Flow | undefined => useSetup.getState().flows[serverId];
export const currentSecrets = (serverId: string): HandedSecrets => useSetup.getState().secrets[serverId] ?? none;

/** Opens the form of a stack; what was typed for the same stack before is still there unless `values` say otherwise. */
export function openForm(serverId: string, stack: StackName, values?: FlowValues): void {
  const before = currentFlow(serverId);
  const kept = values ?? (before?.stack === stack ? before.values : {});
  useSetup.setState((state) => ({
    flows: { ...state.flows, [serverId]: { stack, values: kept, step: 'form', open: true } },
    planned: without(state.planned, serverId),
    refusals: without(state.refusals, serverId),
    secrets: before?.stack === stack ? state.secrets : without(state.secrets, serverId),
  }));
}

/** Laid aside it keeps what was typed, but for the secrets. */
export function changeFlow(serverId: string, patch: Partial<Flow>): void {
  if (patch.open === false) dropSecrets(serverId);
  useSetup.setState(({ flows }) => {
    const flow = flows[serverId];
    return flow === undefined ? {} : { flows: { ...flows, [serverId]: { ...flow, ...patch } } };
  });
}

/** Forgets what was chosen and typed. */
export function dropFlow(serverId: string): void {
  useSetup.setState((state) => ({
    flows: without(state.flows, serverId),
    planned: without(state.planned, serverId),
    refusals: without(state.refusals, serverId),
    secrets: without(state.secrets, serverId),
  }));
}

export function showPlan(serverId: string, planned: Planned): void {
  useSetup.setState((state) => ({
    planned: { ...state.planned, [serverId]: planned },
    refusals: without(state.refusals, serverId),
  }));
  changeFlow(serverId, { step: 'plan', open: true });
}

export function refuse(serverId: string, error: Failure): void {
  useSetup.setState((state) => ({ refusals: { ...state.refusals, [serverId]: error } }));
}

/** What is typed no longer is what was refused, or planned. */
export function setValue(serverId: string, key: string, value: FieldValue): void {
  const flow = currentFlow(serverId);
  if (flow !== undefined) changeFlow(serverId, { values: { ...flow.values, [key]: value } });
}

export function setSecret(serverId: string, name: StackSecretName, secret: string | null): void {
  useSetup.setState(({ secrets }) => {
    const own = without<string | undefined>(secrets[serverId] ?? {}, name) as HandedSecrets;
    return { secrets: { ...secrets, [serverId]: secret === null ? own : { ...own, [name]: secret } } };
  });
}

/** They were handed over, or are no longer wanted. */
function dropSecrets(serverId: string): void {
  useSetup.setState(({ secrets }) => ({ secrets: without(secrets, serverId) }));
}

export const valueOf = (flow: Pick<Flow, 'values'>, field: StackField): FieldValue =>
  flow.values[field.key] ?? field.usual ?? (field.shape.kind === 'yes-no' ? false : '');

/** The draft of what matters for the choices made; what has its usual value is left out. */
export function draftOf({ stack, values }: Pick<Flow, 'stack' | 'values'>): StackDraft {
  const shown = shownFields({ stack, values });
  const told = shown.flatMap(({ key, usual }) => {
    const value = values[key];
    const isSaid = value !== undefined && value !== usual && !(usual === null && value === '');
    return isSaid ? [[key, value] as const] : [];
  });
  return { stack, values: Object.fromEntries(told) };
}

/** The environment that a form is about. */
export const environmentOf = ({ stack, values }: Pick<Flow, 'stack' | 'values'>): string =>
  String(values['environment'] ?? fieldsOf(stack).find((each) => each.key === 'environment')?.usual ?? 'main');
