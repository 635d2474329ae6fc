/** How VersityGW gets to a server: fetched there, handed over as a file, or fetched by this machine. */
import { describe, expect, it } from 'vitest';
import type { HandedPrograms, PlanContext, PlanPart } from '../../../../../main/core/setup/plan/component.ts';
import { storagePart } from '../../../../../main/core/setup/plan/storage/storage.ts';
import { parseStack } from '../../../../../main/core/setup/stack/parse-stack.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';
import { contextOf, plainFacts } from './contexts.ts';

function contextWith(facts: Partial<ServerFacts> = {}): PlanContext {
  const stack = parseStack({ stack: 'object-storage', values: {} });
  if (!stack.ok) throw new Error(stack.error.message);
  return { ...contextOf({}, facts), stack: stack.value };
}

function partOf(context: PlanContext): PlanPart {
  if (!context.stack.storage) throw new Error('no storage');
  return storagePart(context, context.stack.storage);
}

describe('the program', () => {
  const handed = (sha256: string): HandedPrograms => ({ versitygw: { path: '~/versitygw', sha256 } });
  const program = (context: PlanContext) => partOf(context).steps.find(({ id }) => id === 'storage-program');

  it('is fetched by its checksum unless this machine hands it over', () => {
    expect(program(contextWith())?.define).toContain('versitygw_v1.8.0_Linux_x86_64.tar.gz');
    const context = { ...contextWith(), handed: handed('ab'.repeat(32)) };
    expect(partOf(context).uploads).toEqual([
      { name: 'versitygw', path: '~/versitygw', unlessThere: '/opt/mooring/versitygw-abababababab/versitygw' },
    ]);
    expect(program(context)?.define).toContain('folder=/opt/mooring/versitygw-abababababab');
    expect(program(context)?.why).toContain('~/versitygw');
  });

  it('the pinned release handed over is the same as fetched', () => {
    const pinned = '2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467';
    expect(program({ ...contextWith(), handed: handed(pinned) })?.define).toContain(
      'folder=/opt/mooring/versitygw-1.8.0\n',
    );
  });

  const silent: Partial<ServerFacts> = {
    releases: { kind: 'silent', url: 'https://github.com/', why: 'Could not resolve host: github.com' },
  };

  it('is fetched by this machine where the server has no way to the releases', () => {
    const context = contextWith(silent);
    expect(partOf(context)).toMatchObject({
      remarks: [],
      uploads: [
        {
          name: 'versitygw',
          unlessThere: '/opt/mooring/versitygw-1.8.0/versitygw',
          release: {
            label: 'VersityGW 1.8.0',
            url: 'https://github.com/versity/versitygw/releases/download/v1.8.0/versitygw_v1.8.0_Linux_x86_64.tar.gz',
            sha256: '2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467',
          },
        },
      ],
    });
    expect(program(context)?.why).toBe(
      'The server can’t reach GitHub: this machine fetches the release (15 MB), checks it, and hands it over.',
    );
    const [upload] = partOf(
      contextWith({ ...silent, machine: { ...plainFacts.machine, architecture: 'aarch64' } }),
    ).uploads;
    expect(upload).toMatchObject({ release: { url: expect.stringMatching(/Linux_arm64\.tar\.gz$/) as string } });
    // What a person has put here goes first.
    expect(partOf({ ...context, handed: handed('ab'.repeat(32)) }).uploads).toMatchObject([{ path: '~/versitygw' }]);
  });

  it.each<[string, ServerFacts['releases'], boolean]>([
    ['a proxy forbids it', { kind: 'refuses', url: '', status: 403 }, true],
    ['a proxy wants a login', { kind: 'refuses', url: '', status: 407 }, true],
    ['a mirror without a first page', { kind: 'refuses', url: '', status: 404 }, false],
    ['it answers', { kind: 'answers', url: '', status: 200, tookMs: 1 }, false],
    ['nobody knows', { kind: 'unknown', why: 'the check did not come back' }, false],
  ])('%s', (_what, releases, isHanded) => {
    expect(partOf(contextWith({ releases })).uploads).toHaveLength(isHanded ? 1 : 0);
  });

  it('nobody knows for which processor: the server tries', () => {
    const machine = { ...plainFacts.machine, architecture: null };
    expect(partOf(contextWith({ ...silent, machine })).uploads).toEqual([]);
  });

  it('comes from a mirror, for server and machine alike', () => {
    const mirrored = (mirror: string, facts = {}) => ({
      ...contextWith(facts),
      handed: { versitygw: null, mirror },
    });
    const there = mirrored('https://mirror.example.org/github');
    const url = 'https://mirror.example.org/github/versity/versitygw/releases/download/v1.8.0/';
    expect(program(there)?.define).toContain(`url=${url}versitygw_v1.8.0_Linux_x86_64.tar.gz sum=`);
    expect(program(there)?.why).toContain('from mirror.example.org;');
    expect(partOf(mirrored('https://mirror.example.org/github/', silent)).uploads).toMatchObject([
      { release: { url: `${url}versitygw_v1.8.0_Linux_x86_64.tar.gz` } },
    ]);
    for (const each of [
      'http://mirror.example.org/',
      'https://ada:secret@mirror.example.org/',
      'mirror.example.org',
      "https://mirror.example.org/'; reboot",
      'https://mirror.example.org/?key=secret',
    ]) {
      const { remarks } = partOf(mirrored(each));
      expect(remarks, each).toMatchObject([{ level: 'stop' }]);
      expect(JSON.stringify(remarks)).not.toContain('secret');
      expect(program(mirrored(each))?.define).not.toContain(each);
    }
  });

  it('there is none for every processor', () => {
    const { remarks } = partOf(contextWith({ machine: { ...plainFacts.machine, architecture: 'riscv64' } }));
    expect(remarks).toMatchObject([{ level: 'stop', message: expect.stringContaining('riscv64') as string }]);
  });
});
