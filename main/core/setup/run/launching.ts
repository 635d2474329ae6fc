/** Sends a prepared plan to its server and starts it there; asks for sudo's password on the way. */
import type { HandedSecrets } from '../../../shared/contract.ts';
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { ServerProfile } from '../../../shared/server.ts';
import type { Prompts } from '../../prompts.ts';
import type { Releases, Uploads } from '../../ports.ts';
import type { RemoteCommands } from '../../remote/remote-commands.ts';
import { elevationFor, launchInput, launchScript, type Elevation } from '../script/launch.ts';
import { stopped, type LaunchStop } from './launch-stop.ts';
import { manifestOf } from './manifest.ts';
import { scriptOf, type Prepared } from './preparation.ts';
import { followHint } from './run-board.ts';
import { bring, takeBack } from './uploading.ts';

const launchLimitMs = 120_000;
const sudoTries = 3;

export interface Launch {
  readonly server: Pick<ServerProfile, 'id' | 'name' | 'address'>;
  readonly runId: string;
  readonly prepared: Prepared;
  readonly secrets: HandedSecrets;
  /** `lena@thinkpad` */
  readonly by: string;
  readonly connectionId: () => string | null;
  /** The question of sudo’s password, while it is open. */
  readonly asking: (promptId: string | null) => void;
  readonly note: (text: string) => void;
  readonly stop: LaunchStop;
}

export interface LaunchDeps {
  readonly commands: RemoteCommands;
  readonly prompts: Prompts;
  readonly uploads: Uploads;
  readonly releases: Releases;
}

/**
 * Fails with `cancelled` after `what.stop` was asked. The open question of a launch is cancelled by cancelling its prompt,
 * to the same end.
 */
export async function launch(what: Launch, deps: LaunchDeps): Promise<Reply<null>> {
  const brought = await bring(what, deps);
  if (!brought.ok) return brought;
  const { reply, mayRun } = await begin(what, deps, brought.value);
  if (!mayRun && brought.value !== null) await takeBack(what, deps, brought.value);
  return reply;
}

/** `mayRun`: the server has begun it, or nobody knows. */
interface Begun {
  readonly reply: Reply<null>;
  readonly mayRun: boolean;
}

async function begin(what: Launch, deps: LaunchDeps, uploadsDir: string | null): Promise<Begun> {
  const { plan, places, facts } = what.prepared;
  const elevation = elevationFor(plan, facts.sudo);
  const not = (reply: Reply<null>): Begun => ({ reply, mayRun: false });
  const script = launchScript(what.runId, places, plan.account, elevation);
  for (let attempt = 1; ; attempt += 1) {
    const password = await askPassword(what, deps, elevation, attempt > 1);
    if (!password.ok) return not(password);
    if (!what.stop.close()) return not(failed(stopped));
    const input = launchInput({
      runId: what.runId,
      kind: plan.kind,
      script: scriptOf(what.prepared),
      manifest: JSON.stringify(manifestOf(plan, places.stateDir, what.by)),
      by: what.by,
      secrets: what.secrets,
      uploadsDir,
      sudoPassword: password.value,
    });
    const ran = await deps.commands.run(what.connectionId(), { script, input, timeoutMs: launchLimitMs }).done;
    if (!ran.ok) return { reply: ran, mayRun: true };
    const answer = answerIn(ran.value.stdout);
    if (answer.word === 'started') return { reply: done(null), mayRun: true };
    if (answer.word === 'sudo-wrong' && attempt < sudoTries) continue;
    return not(failed(refusal(answer, ran.value.stderr, what)));
  }
}

interface Answer {
  readonly word: string;
  readonly rest: string;
}

/** The last line that is an answer; terminals end theirs with a carriage return. */
function answerIn(output: string): Answer {
  const lines = output.split(/\r?\n/).filter((line) => /^(started|busy|sudo-wrong|sudo-refused|broken)\b/.test(line));
  const [word = '', ...rest] = (lines.at(-1) ?? '').split(' ');
  return { word, rest: rest.join(' ') };
}

function refusal({ word, rest }: Answer, stderr: string, { prepared, server: { name, address } }: Launch) {
  const { account } = prepared.plan;
  switch (word) {
    case 'busy':
      return failure(
        'conflict',
        `Another run is under way on this server, begun by ${rest.split(' ').slice(1).join(' ') || 'somebody'}.`,
        {
          hint: 'Wait for its end: it is shown on the Setup page.',
          commandHint: followHint(name),
        },
      );
    case 'sudo-wrong':
      return failure('login-rejected', `sudo on ${address} did not accept the password of ${account}.`, {
        hint: 'Nothing was changed. Try again with the right password.',
      });
    case 'sudo-refused':
      return failure('not-allowed', `${account} may not use sudo on ${address}.`, {
        hint: 'Choose “under the login account only”, or use another account.',
        detail: rest.slice(0, 300),
      });
    default:
      return failure(
        'protocol-error',
        `The run could not be started on the server${rest === '' ? '' : `: ${rest.slice(0, 300)}`}.`,
        {
          hint: 'Nothing was changed. Mend the cause and try again.',
          detail: stderr.slice(-500),
        },
      );
  }
}

async function askPassword(
  { server, prepared, asking }: Launch,
  { prompts }: LaunchDeps,
  elevation: Elevation,
  wasWrong: boolean,
): Promise<Reply<string | null>> {
  if (elevation.kind === 'none' || !elevation.withPassword) return done(null);
  const { id, answer } = prompts.ask(server.id, {
    kind: 'sudo-password',
    user: prepared.plan.account,
    host: server.address,
    wasWrong,
  });
  asking(id);
  const given = await answer;
  asking(null);
  if (given?.kind !== 'secret') {
    return failed(failure('cancelled', 'Nothing was changed: the password for sudo was not given.'));
  }
  if (/[\n\r\0]/.test(given.secret)) {
    return failed(failure('invalid-argument', 'A password can’t have line ends in it.', { hint: 'Type it again.' }));
  }
  return done(given.secret);
}
