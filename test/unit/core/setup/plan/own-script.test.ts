import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planStack } from '../../../../../main/core/setup/plan/plan-stack.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import type { FieldValue, StackDraft } from '../../../../../main/shared/setup/stack.ts';
import { newFolder, plainFacts, readable, runPart } from './contexts.ts';

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function planOf(values: Readonly<Record<string, FieldValue>>, facts: Partial<ServerFacts> = {}) {
  const draft = { stack: 'script', values } as const;
  const stack = parseStack(draft);
  if (!stack.ok) throw new Error(stack.error.message);
  return planStack(stack.value, draft, { ...plainFacts, ...facts }, null);
}
const titles = (values: Readonly<Record<string, FieldValue>>) => planOf(values).steps.map(({ title }) => title);
const stops = (...words: Parameters<typeof planOf>) =>
  planOf(...words)
    .remarks.filter(({ level }) => level === 'stop')
    .map(({ message }) => message);

describe('the plan of a script of one’s own', () => {
  it('brings it, then runs it: a file, what is named of a folder, or what a repository usually has', () => {
    expect(titles({ 'script.path': '~/work/my setup.sh' })).toEqual([
      'Bring my setup.sh to the server',
      'Run my setup.sh',
    ]);
    expect(titles({ 'script.path': 'C:\\work\\repo\\' })).toEqual([
      'Bring repo to the server',
      'Run install.sh',
      'Run run_tests.sh',
    ]);
    expect(titles({ 'script.path': '~/repo/', 'script.run': 'bin/a.sh, b.py' })).toEqual([
      'Bring repo to the server',
      'Run bin/a.sh',
      'Run b.py',
    ]);
    expect(planOf({ 'script.path': '~/x.sh' })).toMatchObject({
      uploads: [{ name: 'script', path: '~/x.sh' }],
      secrets: [],
      services: [],
      scope: 'user',
    });
  });

  it('stands beside stacks that stay at work, and never in the place of one', () => {
    const stackOf = (draft: StackDraft) => {
      const stack = parseStack(draft);
      if (!stack.ok) throw new Error(stack.error.message);
      return stack.value;
    };
    const script: StackDraft = { stack: 'script', values: { 'script.path': '~/x.sh' } };
    const mlflow: StackDraft = { stack: 'mlflow-quick-start', values: { environment: 'script' } };
    const remarksOf = (wanted: StackDraft, present: StackDraft) =>
      planStack(stackOf(wanted), wanted, plainFacts, stackOf(present)).remarks.map(({ level, message }) => [
        level,
        message,
      ]);
    expect(stackOf(script).environment).toBe('script');
    expect(remarksOf(script, mlflow)).toContainEqual([
      'stop',
      'The environment script is taken by MLflow quick start.',
    ]);
    expect(remarksOf(mlflow, script)).toContainEqual([
      'stop',
      'The environment script is taken by a script of your own.',
    ]);
    expect(remarksOf(script, script).filter(([level]) => level === 'stop')).toEqual([]);
  });

  it('as root only where that was chosen and may be', () => {
    const root = { 'script.path': '~/x.sh', 'script.as-root': true };
    expect(planOf(root)).toMatchObject({ scope: 'system', steps: [{ needsRoot: true }, { needsRoot: true }] });
    expect(stops(root)).toEqual([]);
    for (const kind of ['none', 'absent'] as const) expect(stops(root, { sudo: { kind } })).toHaveLength(1);
    expect(stops({ 'script.path': '~/x.sh' }, { sudo: { kind: 'none' } })).toEqual([]);
  });

  it('a playbook within a folder is no script for the server', () => {
    expect(stops({ 'script.path': '~/repo/', 'script.run': 'install.sh, site.yml' })).toEqual([
      'site.yml looks like an Ansible playbook, which is not run on the server.',
    ]);
  });

  it('each place on the server belongs to one environment', () => {
    const why = (values: Readonly<Record<string, FieldValue>>) =>
      planOf({ 'script.path': 'x', ...values }).steps[0]?.why;
    expect(why({})).toContain('/home/ubuntu/.local/share/mooring/scripts/script');
    expect(why({ environment: 'dev', 'script.as-root': true })).toContain('/opt/mooring/scripts/dev');
  });

  it('whatever is in paths, arguments and environment, a POSIX shell can read it', () => {
    const odd = `a'b"c $(id) \`id\` \\ ü`;
    const plan = planOf({
      'script.path': `~/${odd}`,
      'script.run': `${odd}.sh`,
      'script.args': `'it'"'"'s' "\\"" '$x'`,
      'script.env': `A='b c' B="d'e"`,
    });
    for (const each of plan.steps) {
      for (const part of ['check', 'apply', 'verify', 'undo', 'removeData'] as const) {
        expect(readable(`f() {\n:\n${each.define}\n${each[part]}\n}`)).toBe(true);
      }
    }
  });

  it('by hand it says where to put the files', () => {
    const [upload] = planOf({ 'script.path': '~/x.sh' }).steps;
    if (!upload) throw new Error('no step');
    expect(runPart(upload, 'check', folder).code).not.toBe(0);
    expect(runPart(upload, 'apply', folder).errors).toContain('The files of ~/x.sh are not on this server.');
  });
});
