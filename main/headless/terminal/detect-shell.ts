/** Which shell a command is typed into, as far as its environment tells. */
import type { EnvFormat } from '../../shared/environment/environment.ts';

type Shell = Extract<EnvFormat, 'bash' | 'zsh' | 'fish' | 'powershell' | 'cmd'>;

/**
 * `SHELL` names the login shell, also under Git Bash on Windows. PowerShell sets `PSModulePath`; Windows sets it for
 * every program, but the folder of the person's own modules is there only under PowerShell.
 */
export function detectShell(env: Readonly<Record<string, string | undefined>>, platform: string): Shell {
  const modules = env['PSModulePath'] ?? '';
  if (platform !== 'win32' && modules !== '') return 'powershell';
  const login = /([a-z]+)(?:\.exe)?$/.exec((env['SHELL'] ?? '').toLowerCase())?.[1];
  if (login === 'fish' || login === 'zsh') return login;
  if (login === 'pwsh') return 'powershell';
  if (login !== undefined || platform !== 'win32') return 'bash';
  return /[\\/]Documents[\\/]/i.test(modules) ? 'powershell' : 'cmd';
}
