/** What is left to do on this machine once the server's part of a run is done: tunnels, the check, or forgetting. */
import { done, failed, failureText, type Failure, type Reply } from '../../../shared/failure.ts';
import type { StepView } from '../../../shared/setup/run.ts';
import type { InstalledStack, StackSecretName } from '../../../shared/setup/stack.ts';
import { storePorts } from '../../../shared/setup/setup-words.ts';
import type { KeychainView, SecretInfo } from '../../../shared/snapshot.ts';
import type { Log } from '../../log.ts';
import type { Clock } from '../../ports.ts';
import { isPutRight } from '../plan/put-right/put-right.ts';
import type { Checks } from '../verify/checks.ts';
import { forgetStack, noteStack, stackFrom, type AfterwardsDeps } from './afterwards.ts';
import type { Manifest } from './manifest.ts';
import type { Active } from './run-board.ts';
import { waitingStep } from './run-events.ts';
import { dropTunnels, makeTunnels, type StackTunnelsDeps } from './stack-tunnels.ts';

/** Of the check that ends a run. Bytes. */
const checkBytes = 1_000_000;

export interface EndingDeps extends AfterwardsDeps, StackTunnelsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly checks: Checks;
}

/** The secret that a person signs in with: what the step of the tunnels tells of. */
function ownSecret(manifest: Manifest): { readonly name: StackSecretName; readonly word: string } | null {
  if (isPutRight(manifest)) return null;
  if (manifest.adminUser !== null) return { name: 'mlflow.admin-password', word: 'Password' };
  return storePorts(manifest.draft) === null ? null : { name: 'storage.secret-key', word: 'Keys' };
}

/** `place`: of the secret; null: it is not known here. */
function tunnelsTitle(manifest: Manifest, place: SecretInfo['keptIn'] | null): string {
  const word = ownSecret(manifest)?.word;
  if (word === undefined || place === null) return 'Tunnels on';
  return `${word} ${place === 'keychain' ? 'in the keychain' : 'kept until Mooring quits'}, tunnels on`;
}

/** The steps of this machine, which follow those of the server. */
export const hereSteps = (manifest: Manifest, keychain: KeychainView): readonly StepView[] => {
  if (manifest.kind === 'uninstall' || manifest.services.length === 0) return [];
  const place = keychain.kind === 'absent' || keychain.kind === 'locked' ? 'run' : 'keychain';
  const tunnels = waitingStep('here-tunnels', tunnelsTitle(manifest, place), 'here');
  if (!hasCheck(manifest)) return [tunnels];
  return [tunnels, waitingStep('here-check', 'Check: a sample run with an artifact', 'here')];
};

/** Of an MLflow that was only put right the login may not be known. */
const hasCheck = (manifest: Manifest): boolean =>
  !isPutRight(manifest) && manifest.services.some((each) => each.service === 'mlflow');

/** Of what was known before, the forward stays, and that it was complete; of an MLflow that was only put right, its login too. */
export function withKnown(
  { stacks }: { readonly stacks: readonly InstalledStack[] },
  manifest: Manifest,
  names: readonly StackSecretName[],
): InstalledStack {
  const known = stacks.find((each) => each.environment === manifest.environment);
  if (known && isPutRight(manifest)) return known;
  return { ...stackFrom(manifest, names), complete: known?.complete ?? false, forwardId: known?.forwardId ?? null };
}

/** Null: all went well. */
export async function finishSetUp(
  serverId: string,
  active: Active,
  deps: EndingDeps,
): Promise<{ stepId: string; failure: Failure } | null> {
  const { profiles, secrets, checks, clock } = deps;
  const { manifest } = active;
  const own = ownSecret(manifest);
  const kept = own === null ? done(null) : await secrets.placeForStack(serverId, manifest.environment, own.name);
  // A keychain that can't be read now may have it.
  const isUnknown = kept.ok && kept.value === null && manifest.adminUser !== null;
  const unknown = `The password of ${manifest.adminUser ?? ''} is not known here.`;
  const tunnels = await hereStep(active, 'here-tunnels', clock, async () => {
    const dropped = await dropTunnels(serverId, manifest, deps);
    if (!dropped.ok) return dropped;
    const made = await makeTunnels(serverId, manifest.services, deps);
    if (!made.ok) return made;
    const main = manifest.services.findIndex((each) => each.service === 'mlflow');
    const forwardId = made.value[Math.max(0, main)] ?? null;
    const noted = await profiles.replace(serverId, (server) => {
      const known = server.stacks.find((each) => each.environment === manifest.environment);
      return noteStack(server, { ...withKnown(server, manifest, known?.secrets ?? []), complete: true, forwardId });
    });
    if (!noted.ok) return noted;
    return done({ title: tunnelsTitle(manifest, kept.ok ? kept.value : null), note: isUnknown ? unknown : null });
  });
  if (tunnels) return { stepId: 'here-tunnels', failure: tunnels };
  if (!hasCheck(manifest)) return null;
  const check = await hereStep(active, 'here-check', clock, async () => {
    if (isUnknown) return done({ state: 'skipped', note: `${unknown} The check needs it.` });
    const checked = await checks.run(serverId, manifest.environment, checkBytes);
    if (!checked.ok) return checked;
    return checked.value.failure ? failed(checked.value.failure) : done({});
  });
  return check ? { stepId: 'here-check', failure: check } : null;
}

export async function finishUninstall(
  serverId: string,
  manifest: Manifest,
  deps: AfterwardsDeps & Pick<EndingDeps, 'log'>,
): Promise<void> {
  // What was put right is as it was before; the MLflow is there still.
  if (isPutRight(manifest)) return;
  const forgotten = await forgetStack(serverId, manifest.environment, manifest.gone, deps);
  if (!forgotten.ok) deps.log.write('warn', serverId, failureText(forgotten.error));
}

/** `act` tells how the step ends, where that is not just well. Null: it did not fail. */
async function hereStep(
  { run }: Active,
  id: string,
  clock: Clock,
  act: () => Promise<Reply<Partial<StepView>>>,
): Promise<Failure | null> {
  const change = (part: Partial<StepView>) => {
    run.change((view) => ({
      ...view,
      steps: view.steps.map((each) => (each.id === id ? { ...each, ...part } : each)),
    }));
  };
  change({ state: 'running', startedMs: clock.nowMs() });
  const result = await act();
  const end = result.ok ? result.value : ({ state: 'failed', note: result.error.message } as const);
  change({ state: 'ok', note: null, ...end, endedMs: clock.nowMs() });
  return result.ok ? null : result.error;
}
