/** What answers on ports of a server of which little is known, found out by asking. */
import { done, failed, failure, type Reply } from '../../shared/failure.ts';
import type { ListeningPort } from '../../shared/facts.ts';
import type { ServiceKind } from '../../shared/forward.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';
import { reachedAt } from './listening.ts';
import type { Answers, ProbeContext, Verdict } from './probe.ts';
import { isOfTheWay, nextQuestion, verdictOf } from './probes.ts';

const questionMs = 5_000;
/** Asked for by a person, who waits. */
const atATime = 4;

/** By port; what is not reached, or says nothing before the connection is lost, is left out. */
export async function askPorts(
  asks: Tunnels['asks'],
  connectionId: string,
  ports: readonly ListeningPort[],
): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const queue = [...ports];
  const work = async () => {
    for (let each = queue.shift(); each; each = queue.shift()) {
      const verdict = await askPort(asks, connectionId, each);
      if (verdict) verdicts.set(each.port, verdict);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return verdicts;
}

async function askPort(asks: Tunnels['asks'], connectionId: string, found: ListeningPort): Promise<Verdict | null> {
  const asked = await askService(asks, connectionId, 'tcp', { target: { host: reachedAt(found), port: found.port } });
  return asked.ok ? asked.value.verdict : null;
}

interface AskedService {
  readonly verdict: Verdict;
  readonly answers: Answers;
}

/**
 * What answers at a target that should be of this kind, of which no more is known than what is given. Fails with what
 * stood in the way there.
 */
export async function askService(
  asks: Tunnels['asks'],
  connectionId: string,
  kind: ServiceKind,
  known: Pick<ProbeContext, 'target'> & Partial<ProbeContext>,
): Promise<Reply<AskedService>> {
  const { target } = known;
  const context: ProbeContext = {
    host: `127.0.0.1:${String(target.port)}`,
    localPort: target.port,
    names: [],
    login: null,
    loginMissing: false,
    keys: null,
    database: null,
    deep: false,
    neighbours: [],
    sendsAs: false,
    ownStack: null,
    fullDisk: null,
    ...known,
  };
  let answers: Answers = {};
  for (;;) {
    const next = nextQuestion(kind, answers, context);
    if (next === null) break;
    const { name, request, timeoutMs = questionMs } = next;
    const reply = await asks.ask(connectionId, { target, request, timeoutMs }).done;
    if (!reply.ok && isOfTheWay(reply.error.code)) return reply;
    answers = { ...answers, [name]: reply };
  }
  const verdict = verdictOf(kind, answers, context);
  return verdict ? done({ verdict, answers }) : failed(failure('cancelled', 'The question was not answered.'));
}
