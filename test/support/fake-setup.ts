/**
 * Setting up, as the fake core plays it: a run ends by itself a moment after it began. The environment `fails` fails at
 * its second step, `stays` goes on until it is cancelled; a server at `ask-sudo` asks for sudo's password first.
 */
import type { CallArgs, CallName, CallValue, CoreEvent, FoundStack } from '../../main/shared/contract.ts';
import type { PromptBody } from '../../main/shared/prompt.ts';
import { skipWaiting } from '../../main/core/setup/run/run-events.ts';
import type { RunLine, RunState, RunView, StepView } from '../../main/shared/setup/run.ts';
import { recapOf } from '../../main/shared/setup/run.ts';
import { adoptedEnvironment, adoptedPort } from '../../main/shared/setup/offers.ts';
import { stackCards } from '../../main/shared/setup/stack-fields.ts';
import type { StackDraft } from '../../main/shared/setup/stack.ts';
import type { ServerView } from '../../main/shared/snapshot.ts';
import { factsOf, planOf, putRightPlan, uninstallPlan } from './setup-plans.ts';
import { history, offersByHand, runFailure, verifies } from './setup-snapshots.ts';

type SetupCall = Extract<CallName, `setup.${string}` | `verify.${string}` | `stacks.${string}` | 'facts.get'>;
export type SetupHandlers = {
  [K in SetupCall]: (args: CallArgs<K>) => CallValue<K> | Promise<CallValue<K>>;
};

export interface FakeSetupPorts {
  readonly server: (serverId: string) => ServerView;
  readonly change: (serverId: string, with_: (view: ServerView) => ServerView) => void;
  readonly emit: (event: CoreEvent) => void;
  /** Asks, and gives the id of the question. */
  readonly ask: (serverId: string, body: PromptBody) => string;
  /** Throws what a call is refused with. */
  readonly refuse: (code: 'conflict' | 'not-found' | 'invalid-argument', message: string) => never;
}

export interface FakeSetup {
  readonly handlers: SetupHandlers;
  /** A question of a run was answered; true when it was one. */
  readonly answered: (promptId: string, secret: string) => boolean;
}

export const fakePassword = 'made-up-password-0001';
export const fakeKeys = { accessKey: 'FAKEACCESSKEY0000001', secretKey: 'made-up-secret-key-0001', console: null };

export function createFakeSetup({ server, change, emit, ask, refuse }: FakeSetupPorts): FakeSetup {
  const lines = new Map<string, RunLine[]>();
  const questions = new Map<string, () => void>();
  let runCount = 0;

  const connected = (serverId: string): ServerView => {
    const view = server(serverId);
    return view.connection.kind === 'up' ? view : refuse('conflict', 'It is not connected.');
  };
  const environmentOf = ({ values }: StackDraft): string => String(values['environment'] ?? 'main');
  const setRun = (serverId: string, with_: (run: RunView) => RunView): void => {
    change(serverId, (view) => ({ ...view, run: view.run && with_(view.run) }));
  };
  const say = (serverId: string, runId: string, stepId: string, text: string): void => {
    const all = lines.get(serverId) ?? [];
    const line = { seq: all.length, stepId, text };
    lines.set(serverId, [...all, line]);
    emit({ name: 'setup.log-added', payload: { serverId, runId, lines: [line] } });
  };
  const end = (serverId: string, state: RunState, steps: readonly StepView[]): void => {
    setRun(serverId, (run) => ({ ...run, state, steps: steps.map(skipWaiting), endedMs: Date.now() }));
  };
  const stateAll = (steps: readonly StepView[], state: StepView['state']) =>
    steps.map((each): StepView => ({ ...each, state, startedMs: Date.now(), endedMs: Date.now() }));

  /** Plays a run to its end. */
  const play = (serverId: string, runId: string): void => {
    setRun(serverId, (run) => ({ ...run, state: { kind: 'running' } }));
    setImmediate(() => {
      const { run } = server(serverId);
      if (run?.runId !== runId || run.state.kind !== 'running') return;
      for (const step of run.steps) say(serverId, runId, step.id, `${step.title} …`);
      if (run.environment === 'stays') return;
      const [first, second, ...rest] = run.steps;
      if (run.environment === 'fails' && first && second) {
        const steps = [...stateAll([first], 'changed'), ...stateAll([second], 'failed'), ...rest];
        end(serverId, { kind: 'failed', stepId: second.id, failure: runFailure }, steps);
      } else end(serverId, { kind: 'done' }, stateAll(run.steps, 'changed'));
    });
  };

  const begin = (serverId: string, kind: RunView['kind'], title: string, environment: string): { runId: string } => {
    const view = connected(serverId);
    if (view.run && view.run.endedMs === null) return refuse('conflict', 'Another run is under way on this server.');
    runCount += 1;
    const runId = `fake-run-${String(runCount)}`;
    lines.set(serverId, []);
    const steps = planOf().steps.map(({ id, title: stepTitle }): StepView => ({
      id,
      title: stepTitle,
      place: 'server',
      state: 'waiting',
      startedMs: null,
      endedMs: null,
      note: null,
    }));
    const run: RunView = {
      runId,
      kind,
      title,
      environment,
      startedMs: Date.now(),
      endedMs: null,
      state: { kind: 'preparing' },
      steps,
      cancelling: null,
    };
    change(serverId, (before) => ({ ...before, run }));
    if (view.profile.address !== 'ask-sudo') play(serverId, runId);
    else {
      const { user, address: host } = view.profile;
      const promptId = ask(serverId, { kind: 'sudo-password', user, host, wasWrong: false });
      setRun(serverId, (each) => ({ ...each, state: { kind: 'needs-you', promptId } }));
      questions.set(promptId, () => {
        play(serverId, runId);
      });
    }
    return { runId };
  };

  const foundOn = (view: ServerView): FoundStack[] =>
    view.profile.stacks.map(({ draft, environment, adminUser }) => ({
      draft,
      environment,
      adminUser,
      title: stackCards[draft.stack].title,
      complete: true,
      isKnown: true,
    }));

  const handlers: SetupHandlers = {
    'facts.get': ({ serverId }) => (connected(serverId), factsOf()),
    'stacks.read-file': ({ text }) => {
      const draft = JSON.parse(text) as StackDraft;
      return { draft };
    },
    'stacks.write-file': ({ draft }) => ({ text: `${JSON.stringify(draft, null, 2)}\n` }),
    'setup.plan': ({ serverId, draft }) => {
      connected(serverId);
      const title = stackCards[draft.stack].title;
      return { plan: planOf({ draft, environment: environmentOf(draft), title }), known: [], stands: false };
    },
    'setup.plan-uninstall': ({ serverId, removeData }) => {
      connected(serverId);
      return { plan: removeData ? uninstallPlan : { ...uninstallPlan, remarks: [] } };
    },
    'setup.script': ({ draft }) => ({ text: `#!/bin/sh\n# ${stackCards[draft.stack].title}\n` }),
    'setup.start': ({ serverId, draft }) =>
      begin(serverId, 'set-up', stackCards[draft.stack].title, environmentOf(draft)),
    'setup.uninstall': ({ serverId, environment, removeData, serverName }) => {
      if (removeData && serverName !== server(serverId).profile.name) {
        return refuse('invalid-argument', 'Type the server’s name to remove data.');
      }
      return begin(serverId, 'uninstall', uninstallPlan.title, environment);
    },
    'setup.cancel': ({ serverId, how }) => {
      const { run } = server(serverId);
      if (run?.state.kind !== 'running') return refuse('conflict', 'Nothing runs on this server.');
      end(serverId, { kind: 'cancelled', stepId: run.steps[0]?.id ?? null, undone: how === 'now' }, run.steps);
      return {};
    },
    'setup.dismiss': ({ serverId }) => (change(serverId, (view) => ({ ...view, run: null })), {}),
    'setup.look': ({ serverId }) => {
      const view = connected(serverId);
      const { run } = view;
      const own = run && { ...run, outcome: run.state.kind === 'done' ? 'done' : 'failed', recap: recapOf(run.steps) };
      return {
        stacks: foundOn(view),
        history: own ? [{ ...own, outcome: own.outcome as 'done', by: 'fake' }] : [...history],
        kept: [],
      };
    },
    'setup.log': ({ serverId, afterSeq = -1 }) => ({
      lines: (lines.get(serverId) ?? []).filter((each) => each.seq > afterSeq),
    }),
    'setup.adopt': ({ serverId }) => (connected(serverId), {}),
    'setup.offers': ({ serverId }) => {
      const ports = connected(serverId).profile.stacks.map(({ environment }) => adoptedPort(environment));
      return { found: ports.flatMap((port) => (port === null ? [] : [{ port, offers: offersByHand }])) };
    },
    'setup.plan-put-right': ({ serverId }) => (connected(serverId), { plan: putRightPlan }),
    'setup.put-right': ({ serverId, port }) => begin(serverId, 'set-up', putRightPlan.title, adoptedEnvironment(port)),
    'setup.forget': ({ serverId, environment }) => {
      change(serverId, (server) => ({
        ...server,
        profile: {
          ...server.profile,
          stacks: server.profile.stacks.filter((each) => each.environment !== environment),
        },
      }));
      return {};
    },
    'setup.reveal-password': ({ serverId }) => (server(serverId), { user: 'admin', password: fakePassword }),
    'setup.reveal-keys': ({ serverId }) => (server(serverId), fakeKeys),
    'setup.change-password': ({ serverId }) => (connected(serverId), { runId: null }),
    'setup.add-user': ({ serverId, password }) => (connected(serverId), { password: password ?? fakePassword }),
    'verify.start': ({ serverId, environment, artifactBytes }) => {
      connected(serverId);
      const view = { environment, artifactBytes, startedMs: Date.now() };
      change(serverId, (before) => ({ ...before, verify: { ...verifies.running, ...view } }));
      setImmediate(() => {
        change(serverId, (before) => ({ ...before, verify: { ...verifies.done, ...view, endedMs: Date.now() } }));
      });
      return {};
    },
    'verify.cancel': ({ serverId }) => (change(serverId, (view) => ({ ...view, verify: null })), {}),
  };

  return {
    handlers,
    answered(promptId, secret) {
      const go = questions.get(promptId);
      if (!go) return false;
      questions.delete(promptId);
      if (secret === 'right') go();
      return true;
    },
  };
}
