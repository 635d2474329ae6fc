/** The playbooks that this machine runs against its servers. */
import { failed, failure } from '../../../../shared/failure.ts';
import type { PlannedPlaybook } from '../../../../shared/setup/plan.ts';
import type { Ports } from '../../../ports.ts';
import type { Prompts } from '../../../prompts.ts';
import type { Secrets } from '../../../secrets.ts';
import type { ServerProfile } from '../../../../shared/server.ts';
import type { Tunnels } from '../../../tunnels/tunnels.ts';
import { passwordPipes, playbookCommand } from '../../plan/own-script/playbook-command.ts';
import type { Manifest } from '../manifest.ts';
import type { Prepared } from '../preparation.ts';
import type { Active, RunBoard } from '../run-board.ts';
import { newRunView, stepViews } from '../run-events.ts';
import { gatherPasswords } from './passwords.ts';
import { PlaybookRun } from './playbook-run.ts';

export interface PlaybookRunsDeps {
  readonly ports: Pick<Ports, 'clock' | 'playbooks'>;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly tunnels: Tunnels;
  readonly board: RunBoard;
}

export interface PlaybookBeginning {
  readonly runId: string;
  readonly manifest: Manifest;
  readonly prepared: Prepared;
  readonly playbook: PlannedPlaybook;
  readonly server: ServerProfile;
}

export class PlaybookRuns {
  readonly #deps: PlaybookRunsDeps;
  readonly #running = new Set<Promise<void>>();

  constructor(deps: PlaybookRunsDeps) {
    this.#deps = deps;
  }

  /** Shown at once; what comes of it is told by the run's state. */
  begin(beginning: PlaybookBeginning): void {
    const { ports, board } = this.#deps;
    const { runId, manifest, server } = beginning;
    const steps = stepViews(manifest, 'here');
    const run = new PlaybookRun(newRunView(runId, manifest, steps, { kind: 'preparing' }, ports.clock.nowMs()), {
      ...ports,
      show: (view) => {
        board.show(server.id, view);
      },
      tell: (lines) => {
        board.tell(server.id, runId, lines);
      },
    });
    const active = board.add(server.id, manifest, run);
    const running = this.#run(run, active, beginning).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when none runs any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(run: PlaybookRun, active: Active, { playbook, prepared, server }: PlaybookBeginning): Promise<void> {
    const { prompts, secrets, tunnels, board } = this.#deps;
    const { sudo } = prepared.facts;
    const passwords = await gatherPasswords(
      {
        server,
        playbook,
        needsTerminal: 'needsTerminal' in sudo && sudo.needsTerminal,
        connectionId: () => tunnels.connectionIdOf(server.id),
        asking: (promptId) => {
          board.asking(active, promptId);
        },
      },
      { prompts, secrets, commands: tunnels.commands },
    );
    // The server was removed, or Mooring stops.
    const given = run.hasLeft ? failed(failure('cancelled', 'Nothing was changed.')) : passwords;
    if (!given.ok) {
      await board.endBefore(server.id, active, given.error);
      return;
    }
    const { login, sudo: sudoPassword } = given.value;
    active.isLaunched = true;
    const end = await run.run(
      {
        folder: playbook.folder,
        command: (privateDir) => playbookCommand(playbook, privateDir),
        secrets: {
          ...(login !== null && { [passwordPipes.login]: login }),
          ...(sudoPassword !== null && { [passwordPipes.sudo]: sudoPassword }),
        },
      },
      {
        file: playbook.file,
        host: playbook.host,
        account: `${playbook.user}@${playbook.address}`,
        login: playbook.login,
        wasAskedForSudo: playbook.needsSudoPassword,
      },
    );
    await board.end(server.id, active, { ...run.view, ...end });
  }
}
