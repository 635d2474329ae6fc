import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { knock } from '../../../main/headless/control/control-client.ts';
import type { Paths } from '../../../main/headless/paths.ts';
import { buildProgram, makePaths, startProgram, type Started } from '../../support/cli.ts';

export interface ProgramBench {
  /** Of the program's file. */
  readonly path: () => string;
  /** Of this test. */
  readonly paths: () => Paths;
  /** What the program has to find as MOORING_TEST_HOME. */
  readonly home: () => string;
  readonly run: (...words: string[]) => Started;
}

/**
 * The program with a fake core in it, as real processes: built once under that name, a home of its own for each test.
 * What a test started, and a core that was started for it, end with the test.
 */
export function programBench(name: string, env: Readonly<Record<string, string>> = {}): ProgramBench {
  let program: Awaited<ReturnType<typeof buildProgram>>;
  let paths: Awaited<ReturnType<typeof makePaths>>;
  const children: Started[] = [];
  const home = () => dirname(paths.runDir);

  beforeAll(async () => {
    program = await buildProgram(join(import.meta.dirname, 'fake-program.ts'), name);
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    paths = await makePaths();
  });
  afterEach(async () => {
    for (const { child, result } of children.splice(0)) {
      child.kill('SIGKILL');
      await result;
    }
    const found = await knock(paths.controlPath);
    if (found.kind === 'running') process.kill(found.hello.pid, 'SIGKILL');
    await paths.remove();
  });

  return {
    path: () => program.path,
    paths: () => paths,
    home,
    run: (...words) => {
      const started = startProgram(program.path, words, { MOORING_TEST_HOME: home(), ...env });
      children.push(started);
      return started;
    },
  };
}
