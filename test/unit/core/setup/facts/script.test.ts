/** The script itself, in the shells that this machine has: it has to mean the same in each of them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { factsScript, factsScriptFor } from '../../../../../main/core/setup/facts/script.ts';

const shells = [
  ['/bin/dash', []],
  ['/bin/bash', ['--posix']],
  ['/bin/busybox', ['sh']],
  ['/bin/zsh', ['--emulate', 'sh']],
] as const;

describe('the facts script', () => {
  it.each(shells.filter(([path]) => existsSync(path)))('is understood by %s', (path, words) => {
    expect(execFileSync(path, [...words, '-n'], { input: factsScript, encoding: 'utf8' })).toBe('');
  });

  it.skipIf(!existsSync('/bin/sh'))('cut off anywhere, does nothing', () => {
    const lines = factsScript.split('\n');
    for (const part of [0.3, 0.6, 0.9, 1]) {
      const cut = lines.slice(0, Math.floor(lines.length * part) - 2).join('\n');
      expect(spawnSync('/bin/sh', { input: cut, encoding: 'utf8' }).stdout).toBe('');
    }
  });

  it('asks for releases where it is told to, and understands any address', () => {
    expect(factsScript).toContain('releases=https://github.com/\n');
    const odd = factsScriptFor("https://mirror.example.org/it's $(reboot)/");
    expect(odd).toContain("releases='https://mirror.example.org/it'\\''s $(reboot)/'\n");
    expect(execFileSync('/bin/sh', ['-n'], { input: odd, encoding: 'utf8' })).toBe('');
  });

  it('never lets sudo ask', () => {
    const uses = factsScript.split('\n').filter((line) => /(limit \d+|')\s*sudo /.test(line));
    expect(uses.length).toBeGreaterThan(3);
    for (const line of uses) expect(line).toMatch(/sudo -n -k /);
  });

  it('writes no file', () => {
    const targets = [...factsScript.matchAll(/(?<![<&])>+\s*([^\s&)]+)/g)].map((match) => match[1]);
    expect(new Set(targets.filter((each) => each?.startsWith('/')))).toEqual(new Set(['/dev/null']));
    expect(factsScript).not.toMatch(/\b(tee|mktemp|touch|mkdir|rm|mv|cp|install)\s/);
  });
});
