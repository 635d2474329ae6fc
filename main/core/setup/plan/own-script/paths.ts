/** What a person's own script is, by its path; and whether it may be root. */
import type { ServerFacts } from '../../../../shared/facts.ts';
import type { ScriptPart } from '../../../../shared/setup/stack.ts';

/** Of a path of this machine, which may be one of Windows. */
export const baseName = (path: string): string => /([^/\\]+)[/\\]*$/.exec(path)?.[1] ?? path;

/** An Ansible playbook, which this machine runs. */
export const isPlaybook = (path: string): boolean => /\.ya?ml$/i.test(path);

export const mayNotBeRoot = (script: ScriptPart, { sudo }: ServerFacts): boolean =>
  script.asRoot && ['none', 'absent', 'limited'].includes(sudo.kind);
