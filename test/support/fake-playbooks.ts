/** Ansible of a machine, as a double: what it is asked to run, and its words and its end as a test plays them. */
import type {
  PlaybookCommandRun,
  PlaybookLook,
  Playbooks,
  RunningPlaybook,
} from '../../main/core/setup/run/playbook/playbook-ports.ts';
import { done } from '../../main/shared/failure.ts';

export class FakePlaybooks implements Playbooks {
  found: PlaybookLook = {
    isWindows: false,
    program: { path: '/usr/bin/ansible-playbook', version: '2.19.2', takesPasswords: true },
    playbook: { folder: '/home/ada/work', file: 'site.yml' },
    keyFile: '/home/ada/.ssh/id_ed25519',
  };
  readonly runs: PlaybookCommandRun[] = [];
  stops = 0;
  #end: (end: { exitCode: number | null; signal: string | null }) => void = () => undefined;

  look(wanted: { readonly keyFile: string | null }): Promise<PlaybookLook> {
    return Promise.resolve({ ...this.found, keyFile: wanted.keyFile === null ? null : this.found.keyFile });
  }

  run(run: PlaybookCommandRun): RunningPlaybook {
    this.runs.push(run);
    const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => (this.#end = resolve));
    return {
      done: ended.then(done),
      stop: () => {
        this.stops += 1;
        this.end(null, 'TERM');
      },
    };
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) this.runs.at(-1)?.onLine(line);
  }

  end(exitCode: number | null, signal: string | null = null): void {
    this.#end({ exitCode, signal });
  }
}
