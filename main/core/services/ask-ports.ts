/** What answers on ports of a server that nothing is known of, guessed by asking. */
import type { ListeningPort } from '../../shared/facts.ts';
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
  const target = { host: reachedAt(found), port: found.port };
  const context: ProbeContext = {
    target,
    host: `127.0.0.1:${String(found.port)}`,
    localPort: found.port,
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
  };
  let answers: Answers = {};
  for (;;) {
    const next = nextQuestion('tcp', answers, context);
    if (next === null) return verdictOf('tcp', answers, context);
    const { name, request, timeoutMs = questionMs } = next;
    const reply = await asks.ask(connectionId, { target, request, timeoutMs }).done;
    if (!reply.ok && isOfTheWay(reply.error.code)) return null;
    answers = { ...answers, [name]: reply };
  }
}
