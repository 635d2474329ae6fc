/** What is left to do on this machine once the server's part of a run is done: tunnels, the check, or forgetting. */
import { done, failed, failureText, type Failure, type Reply } from '../../../shared/failure.ts';
import type { StepView } from '../../../shared/setup/run.ts';
import type { InstalledStack, StackSecretName } from '../../../shared/setup/stack.ts';
import type { Log } from '../../log.ts';
import type { Clock } from '../../ports.ts';
import { isPutRight } from '../plan/put-right/put-right.ts';
import type { Checks } from '../verify/checks.ts';
import {
  dropTunnels,
  forgetStack,
  makeTunnels,
  noteStack,
  portsOf,
  stackFrom,
  type AfterwardsDeps,
} from './afterwards.ts';
import type { Manifest } from './manifest.ts';
import type { Active } from './run-board.ts';

/** Of the check that ends a run. Bytes. */
const checkBytes = 1_000_000;

export interface EndingDeps extends AfterwardsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly checks: Checks;
}

/** The steps of this machine, which follow those of the server. */
export const hereSteps = (manifest: Manifest): readonly StepView[] => {
  if (manifest.kind === 'uninstall' || manifest.services.length === 0) return [];
  const step = (id: string, title: string): StepView => ({
    id,
    title,
    place: 'here',
    state: 'waiting',
    startedMs: null,
    endedMs: null,
    note: null,
  });
  const tunnels = step('here-tunnels', 'Password in the keychain, tunnels on');
  return hasCheck(manifest) ? [tunnels, step('here-check', 'Check: a sample run with an artifact')] : [tunnels];
};

/** Of an MLflow that was only put right the login may not be known. */
const hasCheck = (manifest: Manifest): boolean =>
  !isPutRight(manifest) && manifest.services.some((each) => each.service === 'mlflow');

/** Of what was known before the forward stays; of an MLflow that was only put right, its login too. */
export function withKnown(
  { stacks }: { readonly stacks: readonly InstalledStack[] },
  manifest: Manifest,
  names: readonly StackSecretName[],
): InstalledStack {
  const known = stacks.find((each) => each.environment === manifest.environment);
  if (known && isPutRight(manifest)) return known;
  return { ...stackFrom(manifest, names), forwardId: known?.forwardId ?? null };
}

/** Null: all went well. */
export async function finishSetUp(
  serverId: string,
  active: Active,
  deps: EndingDeps,
): Promise<{ stepId: string; failure: Failure } | null> {
  const { profiles, checks, clock } = deps;
  const { manifest } = active;
  const tunnels = await hereStep(active, 'here-tunnels', clock, async () => {
    const dropped = await dropTunnels(serverId, manifest, deps);
    if (!dropped.ok) return dropped;
    const made = await makeTunnels(serverId, manifest.services, deps);
    if (!made.ok) return made;
    const main = manifest.services.findIndex((each) => each.service === 'mlflow');
    const forwardId = made.value[Math.max(0, main)] ?? null;
    const noted = await profiles.replace(serverId, (server) => {
      const known = server.stacks.find((each) => each.environment === manifest.environment);
      return noteStack(server, { ...withKnown(server, manifest, known?.secrets ?? []), forwardId });
    });
    return noted.ok ? done(null) : noted;
  });
  if (tunnels) return { stepId: 'here-tunnels', failure: tunnels };
  if (!hasCheck(manifest)) return null;
  const check = await hereStep(active, 'here-check', clock, async () => {
    const checked = await checks.run(serverId, manifest.environment, checkBytes);
    if (!checked.ok) return checked;
    return checked.value.failure ? failed(checked.value.failure) : done(null);
  });
  return check ? { stepId: 'here-check', failure: check } : null;
}

export async function finishUninstall(serverId: string, manifest: Manifest, deps: EndingDeps): Promise<null> {
  // What was put right is as it was before; the MLflow is there still.
  if (isPutRight(manifest)) return null;
  const { environment, draft } = manifest;
  const forgotten = await forgetStack(serverId, environment, portsOf(draft), deps);
  if (!forgotten.ok) deps.log.write('warn', serverId, failureText(forgotten.error));
  return null;
}

/** Null: it went well. */
async function hereStep(
  { run }: Active,
  id: string,
  clock: Clock,
  act: () => Promise<Reply<null>>,
): Promise<Failure | null> {
  const change = (part: Partial<StepView>) => {
    run.change((view) => ({
      ...view,
      steps: view.steps.map((each) => (each.id === id ? { ...each, ...part } : each)),
    }));
  };
  change({ state: 'running', startedMs: clock.nowMs() });
  const result = await act();
  change({
    state: result.ok ? 'ok' : 'failed',
    endedMs: clock.nowMs(),
    note: result.ok ? null : result.error.message,
  });
  return result.ok ? null : result.error;
}
