/** What the core asks of Ansible on this machine. */
import type { Reply } from '../../../../shared/failure.ts';

/** Ansible, as this machine has it. */
export interface Playbooks {
  /** Looks for `ansible-playbook` and for files of this machine (`~` allowed). Changes nothing. */
  look(wanted: { readonly playbook: string; readonly keyFile: string | null }): Promise<PlaybookLook>;
  /** Runs a command of it in a process group of its own, with a private folder that goes at its end. */
  run(run: PlaybookCommandRun): RunningPlaybook;
}

export interface PlaybookLook {
  /**
   * Null: there is none. `takesPasswords`: it can log in by password (ansible-core 2.19 or newer by itself, older ones by
   * sshpass).
   */
  readonly program: { readonly path: string; readonly version: string; readonly takesPasswords: boolean } | null;
  readonly isWindows: boolean;
  /** Absolute; null: there is no such file, or it can't be read. */
  readonly playbook: { readonly folder: string; readonly file: string } | null;
  /** Absolute; null when none was asked for. */
  readonly keyFile: string | null;
}

export interface PlaybookCommand {
  /** The program first. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it finds in the private folder, by file name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface PlaybookCommandRun {
  /** Where it runs, absolute. */
  readonly folder: string;
  /** `privateDir`: absolute, for this user only. */
  readonly command: (privateDir: string) => PlaybookCommand;
  /** By file name in the private folder: read once each, through a pipe; never on the disk. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Both streams, line by line, without line ends. Must not throw. */
  readonly onLine: (text: string) => void;
}

export interface RunningPlaybook {
  /** Never rejects. One of both is null. Fails with `storage-failed` or `not-found` when it could not be started. */
  readonly done: Promise<Reply<{ readonly exitCode: number | null; readonly signal: string | null }>>;
  /** SIGTERM to it and what it has started; SIGKILL when that does not help within seconds. */
  stop(): void;
}
