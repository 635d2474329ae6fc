/** What could be put right with an MLflow that somebody else set up: offered one by one, done as steps with a way back. */
import type { ServerFacts } from '../../../../shared/facts.ts';
import type { Plan, PlanRemark } from '../../../../shared/setup/plan.ts';
import {
  adoptedEnvironment,
  isStepOffer,
  offerKinds,
  offersOfSteps,
  type Offer,
  type OfferKind,
  type StepOffer,
} from '../../../../shared/setup/offers.ts';
import type { StackDraft } from '../../../../shared/setup/stack.ts';
import type { FoundMlflow } from './found-mlflow.ts';
import type { PutRightLook } from './look.ts';
import { putRightSteps } from './steps.ts';
import { homeOf, placesFor } from '../places.ts';

/** `looked`: what the server told of this one ({@link putRightLook}); null: only what is certain by the facts is offered. */
export function offersFor(facts: ServerFacts, found: FoundMlflow, looked: PutRightLook | null): readonly Offer[] {
  const offers: Offer[] = [];
  const obstacle = obstacleTo(facts, found);
  const needs = found.unit === null ? 'run-as-unit' : null;
  const offer = (kind: OfferKind, title: string, why: string) => {
    offers.push({ kind, title, why, needs: kind === 'run-as-unit' ? null : needs, obstacle });
  };
  if (found.unit === null) {
    const twice = looked?.inCrontab === true ? ' A line of its crontab starts it too: take that out afterwards.' : '';
    offer(
      'run-as-unit',
      'Run it as a service',
      `It was started by hand: after a restart of the server it is gone.${twice}`,
    );
  }
  if (looked?.paths === 'relative') {
    offer(
      'absolute-paths',
      'Name its data by absolute paths',
      'Its database is a relative path: started from another folder, it begins with an empty one.',
    );
  }
  if (looked?.hosts === 'any') {
    offer(
      'limit-hosts',
      'Refuse foreign host names',
      'It answers under any name, so that a web page in somebody’s browser can get at it.',
    );
  }
  if (looked ? looked.bind === 'wide' : found.isWide === true) {
    offer(
      'bind-to-loopback',
      'Listen on 127.0.0.1 only',
      'Everybody who reaches the server reaches it, without encryption; the tunnel needs 127.0.0.1 only.',
    );
  }
  if (looked?.login === 'default') {
    offers.push({
      kind: 'change-password',
      title: 'Change the password of admin',
      why: 'It has the password that MLflow came with, which everybody knows.',
      needs: null,
      obstacle: null,
    });
  }
  return offers;
}

const mayBeRoot = ({ sudo }: ServerFacts): boolean => ['root', 'without-password', 'with-password'].includes(sudo.kind);

/** Where its unit is; for one without, the whole system where that may be changed. */
const scopeOf = (facts: ServerFacts, { unit }: FoundMlflow): 'system' | 'user' =>
  unit?.scope ?? (mayBeRoot(facts) ? 'system' : 'user');

function obstacleTo(facts: ServerFacts, found: FoundMlflow): string | null {
  const account = facts.account.user;
  if (!found.running) return 'It does not run: start it first, so that it can be seen whether it comes back.';
  if (facts.systemd.kind !== 'booted') return 'This server was not started by systemd.';
  if (scopeOf(facts, found) === 'system')
    return mayBeRoot(facts) ? null : 'It takes root, which this account may not become.';
  if (found.unit === null && found.account !== account)
    return 'It belongs to another account, and this one may not become root.';
  return null;
}

/**
 * `chosen`: of {@link offersFor}; what is not a step (`change-password`) is left out. The plan's environment is that of
 * the adopted MLflow, and its manifest on the server names these steps ({@link isPutRight}).
 */
export function planPutRight(facts: ServerFacts, found: FoundMlflow, chosen: readonly OfferKind[]): Plan {
  const scope = scopeOf(facts, found);
  const account = facts.account.user ?? 'root';
  const environment = adoptedEnvironment(found.port);
  const kinds = offerKinds.filter(isStepOffer).filter((kind) => chosen.includes(kind));
  const places = placesFor(scope, environment, homeOf(facts, account));
  return {
    kind: 'set-up',
    draft: draftOf(found.port, environment),
    environment,
    title: `Put MLflow on port ${String(found.port)} right`,
    scope,
    account,
    steps: putRightSteps({ places, account, found }, kinds),
    remarks: remarksOn(facts, found, kinds),
    secrets: [],
    uploads: [],
    services: [{ service: 'mlflow', label: 'MLflow', port: found.port, samePort: false }],
    adminUser: null,
  };
}

interface PutBack {
  readonly port: number;
  /** As the manifest says. */
  readonly scope: 'system' | 'user';
  readonly account: string;
  readonly home: string;
}

/** Takes back all that {@link planPutRight} did, by what was noted on the server; nothing else of the MLflow is touched. */
export function planPutBack({ port, scope, account, home }: PutBack): Plan {
  const environment = adoptedEnvironment(port);
  const places = placesFor(scope, environment, home);
  const found: FoundMlflow = { port, running: true, isWide: null, unit: null, startScript: null, account };
  const kinds = offerKinds.filter(isStepOffer);
  return {
    kind: 'uninstall',
    draft: draftOf(port, environment),
    environment,
    title: `Take back what was put right with MLflow on port ${String(port)}`,
    scope,
    account,
    steps: [...putRightSteps({ places, account, found }, kinds)].reverse().map((each) => ({
      ...each,
      title: `Take back: ${each.title}`,
      check: 'false',
      apply: each.undo,
      verify: 'true',
      undo: '',
      interruptible: false,
    })),
    remarks: [],
    secrets: [],
    uploads: [],
    services: [],
    adminUser: null,
  };
}

/** Whether a manifest is of {@link planPutRight}: such a stack is taken off by {@link planPutBack}. */
export const isPutRight = (manifest: { readonly steps: readonly { readonly id: string }[] }): boolean =>
  offersOfSteps(manifest.steps).length > 0;

const draftOf = (port: number, environment: string): StackDraft => ({
  stack: 'mlflow-quick-start',
  values: { environment, 'mlflow.port': port },
});

function remarksOn(facts: ServerFacts, found: FoundMlflow, kinds: readonly StepOffer[]): readonly PlanRemark[] {
  const obstacle = obstacleTo(facts, found);
  const remarks: PlanRemark[] = [];
  if (obstacle !== null) remarks.push({ level: 'stop', message: obstacle, hint: null });
  if (found.unit === null && kinds.length > 0 && !kinds.includes('run-as-unit')) {
    remarks.push({
      level: 'stop',
      message: 'It was started by hand, so that it can’t be started anew after a change.',
      hint: 'Choose “Run it as a service” too.',
    });
  }
  if (kinds.length > 0) {
    remarks.push({
      level: 'note',
      message:
        'MLflow is started anew with each step, a few seconds each. Where it does not come back, the step is taken back.',
      hint: null,
    });
  }
  return remarks;
}
