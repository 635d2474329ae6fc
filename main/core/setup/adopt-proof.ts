/** Whether an MLflow answers on a port of a server, and whom it lets in: asked over the connection, without a tunnel. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import { isOwnHost } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { sentence } from '../../shared/sentence.ts';
import { quoted } from '../../shared/shell-words.ts';
import { askService } from '../services/ask-ports.ts';
import { httpOf, type Answers } from '../services/probe.ts';
import { isHostRefusal, recognise } from '../services/recognise.ts';
import { engineSendAs } from '../tunnels/engine-send-as.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { notConnected } from './run/preparation.ts';
import type { HttpLogin } from './verify/http-client.ts';

/** `wants-login`: none was tried. `let-in`: also where it asks for none. */
type Proof = 'open' | 'wants-login' | 'let-in' | 'refused';

/** The login is shown to nothing but an MLflow. Fails with why none can be used there. */
export async function proveMlflow(
  server: ServerProfile,
  port: number,
  login: HttpLogin | null,
  tunnels: Pick<Tunnels, 'asks' | 'connectionIdOf'>,
): Promise<Reply<Proof>> {
  const first = await askMlflow(server, port, null, tunnels);
  if (!first.ok) return first;
  if (login === null) return done(first.value === 'ok' ? 'open' : 'wants-login');
  const second = await askMlflow(server, port, login, tunnels);
  if (!second.ok) return second;
  return done(second.value === 'ok' ? 'let-in' : 'refused');
}

async function askMlflow(
  server: ServerProfile,
  port: number,
  login: HttpLogin | null,
  tunnels: Pick<Tunnels, 'asks' | 'connectionIdOf'>,
): Promise<Reply<'ok' | 'login'>> {
  const connectionId = tunnels.connectionIdOf(server.id);
  if (connectionId === null) return failed(notConnected(server.name));
  const tunnel = server.forwards.find(({ target }) => isOwnHost(target.host) && target.port === port);
  const sendsAs = tunnel ? (engineSendAs(tunnel, server)?.host ?? null) : null;
  const asked = await askService(tunnels.asks, connectionId, 'mlflow', {
    target: { host: '127.0.0.1', port },
    login,
    deep: true,
    ...(sendsAs === null ? {} : { host: sendsAs, sendsAs: true }),
  });
  if (!asked.ok) return failed(notReached(server, port, asked.error));
  const { verdict, answers } = asked.value;
  if (verdict.service.state !== 'ok' || verdict.kind !== 'mlflow') {
    const silence = Object.values(answers).flatMap((each) => (each.ok ? [] : [each.error.message]));
    return failed(noMlflow(server, port, recognise(answers)?.words ?? null, silence[0]));
  }
  if (verdict.login.state === 'failed') return done('login');
  if (verdict.health.state === 'failed') {
    const { words, reason } = verdict.health;
    const code = isNameRefused(answers) ? 'not-allowed' : 'protocol-error';
    return failed(failure(code, sentence(words), reason === null ? {} : { hint: reason }));
  }
  return done(verdict.login.state === 'ok' ? 'ok' : 'login');
}

const isNameRefused = (answers: Answers): boolean =>
  ['page', 'search'].some((name) => {
    const answer = httpOf(answers, name);
    return answer !== null && isHostRefusal(answer);
  });

/** On the command line in the place of a hint. */
const lookThere = (name: string): string => `See what listens there: mooring discover ${quoted(name)}`;

function notReached({ name }: ServerProfile, port: number, cause: Failure): Failure {
  if (cause.code !== 'target-refused') return cause;
  return {
    ...cause,
    message: `Nothing listens on port ${String(port)} of ${name}.`,
    commandHint: lookThere(name),
  };
}

/** `met`: what answers there; null: it does not say. `detail`: how it kept silent. */
function noMlflow({ name }: ServerProfile, port: number, met: string | null, detail: string | undefined): Failure {
  const place = `port ${String(port)} of ${name}`;
  return failure(
    'protocol-error',
    met === null
      ? `What listens on ${place} does not answer as MLflow would.`
      : `What answers on ${place} is no MLflow: ${met}.`,
    {
      hint: 'Choose another port.',
      commandHint: lookThere(name),
      ...(met === null && detail !== undefined ? { detail } : {}),
    },
  );
}
