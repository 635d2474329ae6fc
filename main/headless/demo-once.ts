/**
 * `mooring demo --once`: the whole way without a browser, in a data folder of its own that is gone afterwards. Shows on
 * any machine with Node alone that a tunnel comes up, serves, breaks and comes back.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Core } from '../core/core.ts';
import type { CallArgs, CallName, CallValue } from '../shared/contract.ts';
import { failed, failure, failureText, type Reply } from '../shared/failure.ts';
import type { ServerView } from '../shared/snapshot.ts';
import { describeConnection, describeForward, localAddress } from '../shared/words.ts';
import type { ComposeCore } from './compose-core.ts';

/** Every wait ends by then. */
const patienceMs = 20_000;

export interface DemoOnceOptions {
  readonly compose: ComposeCore;
  readonly version: string;
  say(line: string): void;
}

/** Goes through it and says what it sees. Throws an Error in plain words when something did not happen. */
export async function demoOnce({ compose, version, say }: DemoOnceOptions): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'mooring-demo-'));
  // Nothing of this run may reach the user's keychain.
  process.env['MOORING_KEYCHAIN'] = 'off';
  try {
    const core = await compose({
      paths: { dataDir },
      version,
      host: {
        openWindow: () => Promise.resolve(failed(failure('not-allowed', 'No window here.'))),
        quit: () => undefined,
      },
    });
    try {
      await core.start();
      await goThrough(core, say);
    } finally {
      await core.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function goThrough(core: Core, say: (line: string) => void): Promise<void> {
  const startedMs = performance.now();
  await call(core, 'demo.start', {});
  const up = await until(core, 'the tunnel to come up', isServing);
  const forward = up.profile.forwards[0];
  if (!forward) throw new Error('The demo server has no tunnel.');
  const address = `http://${localAddress(forward)}`;
  say(`core, demo server and tunnel are up after ${sinceMs(startedMs)}`);
  say(`  ${up.profile.name}: ${describeConnection(up.connection, Date.now())}, ${forward.label}: ${stateOf(up)}`);
  say(`GET ${address}/health: ${await get(`${address}/health`)}`);

  const lostMs = performance.now();
  await call(core, 'demo.break', { fault: 'drop-connection' });
  say('the connection is dropped on purpose');
  const held = await get(`${address}/health`);
  say(`  a request made meanwhile was held and answered: ${held}`);
  // A recovery may be quicker than a look: another connection is told by when it came up.
  await until(core, 'the tunnel to come back', (now) => isServing(now) && connectedAt(now) !== connectedAt(up));
  say(`  the tunnel was back by itself after ${sinceMs(lostMs)}`);

  await call(core, 'servers.remove', { serverId: up.profile.id });
  if (
    await get(`${address}/health`).then(
      () => true,
      () => false,
    )
  )
    throw new Error('The port still answers.');
  say('the demo server is removed; its port is closed');
}

const isServing = (server: ServerView) =>
  server.connection.kind === 'up' && server.forwards.every((each) => each.state.kind === 'up' && each.state.checked);

const connectedAt = ({ connection }: ServerView) => (connection.kind === 'up' ? connection.sinceMs : null);

const stateOf = (server: ServerView) => server.forwards.map((each) => describeForward(each.state)).join(', ');

const sinceMs = (startMs: number) => `${String(Math.round(performance.now() - startMs))} ms`;

async function get(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}.`);
  return `${String(response.status)} ${text.trim().slice(0, 60)}`;
}

async function call<K extends CallName>(core: Core, name: K, args: CallArgs<K>): Promise<CallValue<K>> {
  const reply = (await core.call(name, args)) as Reply<CallValue<K>>;
  if (reply.ok) return reply.value;
  throw new Error(failureText(reply.error));
}

/** Resolves with the demo server once it is as wanted. */
function until(core: Core, what: string, holds: (server: ServerView) => boolean): Promise<ServerView> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const server = core.snapshot().servers.find((each) => each.profile.demo);
      if (!server || !holds(server)) return;
      end();
      resolve(server);
    };
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
    };
    const timer = setTimeout(() => {
      end();
      const server = core.snapshot().servers[0];
      const now = server ? `${describeConnection(server.connection, Date.now())}; ${stateOf(server)}` : 'no server';
      reject(new Error(`Waited ${String(patienceMs / 1000)} s for ${what}. It is: ${now}`));
    }, patienceMs);
    const unsubscribe = core.subscribe(look, { looking: false });
    look();
  });
}
