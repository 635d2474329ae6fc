/** MLflow itself: installed, told its settings, run as a service, and its login looked after. */
import type { PlanRemark } from '../../../../shared/setup/plan.ts';
import type { MlflowPart } from '../../../../shared/setup/stack.ts';
import { emptyPart, type PlanContext, type PlanPart, type Wiring } from '../component.ts';
import { installSteps } from './install.ts';
import { login, loginSecrets } from './login.ts';
import { serviceStep } from './service.ts';
import { mlflowSetting } from './setting.ts';
import { settingsStep } from './settings.ts';
import { upgradeStep } from './upgrade.ts';

export function mlflowPart(
  context: PlanContext,
  mlflow: MlflowPart,
  wirings: { readonly database: Wiring; readonly artifacts: Wiring },
): PlanPart {
  const setting = mlflowSetting(context, mlflow, wirings);
  const { environment } = context.stack;
  return {
    ...emptyPart,
    remarks: judgeVersion(context, mlflow),
    steps: [
      ...installSteps(setting),
      ...(wirings.database.stepsBeforeStart?.(setting.programDir) ?? []),
      settingsStep(setting),
      upgradeStep(setting),
      serviceStep(setting),
      ...login(setting),
    ],
    secrets: loginSecrets(mlflow),
    services: [
      {
        service: 'mlflow',
        label: environment === 'main' ? 'MLflow' : `MLflow (${environment})`,
        port: mlflow.port,
        samePort: false,
      },
    ],
  };
}

/**
 * A database that a newer MLflow has brought to its form can't be read by an older one. Of a run that came to no end
 * nobody knows whether it has: there the step that brings data along looks (upgrade.ts).
 */
function judgeVersion({ finished }: PlanContext, { version }: MlflowPart): readonly PlanRemark[] {
  const before = finished?.mlflow?.version;
  if (before === undefined || !isNewer(before, version)) return [];
  return [
    {
      level: 'stop',
      message: `MLflow ${before} is there; its data can’t go back to ${version}.`,
      hint: `Choose ${before} or newer, or another environment for ${version}.`,
    },
  ];
}

function isNewer(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map((each) => each.split('.').map(Number));
  const at = ours?.findIndex((part, index) => part !== (theirs?.[index] ?? 0)) ?? -1;
  return at >= 0 && (ours?.[at] ?? 0) > (theirs?.[at] ?? 0);
}
