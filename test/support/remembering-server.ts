/** A server for runs of the core double. */
import type { Manifest } from '../../main/core/setup/run/manifest.ts';
import { lookScript } from '../../main/core/setup/script/follow.ts';
import type { CoreDouble } from './core-double.ts';

/** Does all it is told, and remembers it as ours do. */
export class RememberingServer {
  stacks: { readonly word: 'complete' | 'part'; readonly manifest: Manifest }[] = [];
  kept: Manifest[] = [];
  bare: string[] = [];
  runs: { readonly id: string; readonly manifest: Manifest; readonly inputs: string }[] = [];
  /** What sudo says of each password. */
  sudo: 'started' | 'sudo-wrong' = 'started';
  /** The step at which runs fail. */
  failsAt: string | null = null;
  /** The run that goes on. */
  alive: string | null = null;

  /** What the facts script answers. */
  facts: string;

  constructor(facts: string) {
    this.facts = facts;
  }

  attach(app: CoreDouble): void {
    app.engine.answersExec = ({ script, input }) => {
      if (script.includes('@@mooring-facts')) return { exitCode: 0, stdout: this.facts };
      if (script === lookScript) return { exitCode: 0, stdout: this.#look() };
      const id = /^@@mooring (\S+)$/m.exec(input ?? '')?.[1];
      if (id !== undefined) return { exitCode: 0, stdout: `${this.#begin(id, input ?? '')}\n` };
      const followed = this.runs.find((each) => script.includes(`id=${each.id} from=`));
      if (followed) return { exitCode: 0, stdout: this.#events(followed.manifest) };
      return { exitCode: 1 };
    };
  }

  /** The secrets that the last run was given. */
  get given(): Readonly<Record<string, string>> {
    const lines = (this.runs.at(-1)?.inputs ?? '').matchAll(/^x (\S+) (.*)$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
  }

  #begin(id: string, inputs: string): string {
    if (this.sudo !== 'started') return this.sudo;
    const manifest = JSON.parse(/^p (.*)$/m.exec(inputs)?.[1] ?? '') as Manifest;
    this.runs.push({ id, manifest, inputs });
    this.stacks = this.stacks.filter((each) => each.manifest.environment !== manifest.environment);
    this.kept = this.kept.filter((each) => each.environment !== manifest.environment);
    if (manifest.kind === 'set-up') this.stacks.push({ word: this.failsAt === null ? 'complete' : 'part', manifest });
    else if (manifest.keeps) this.kept.push(manifest);
    return 'started';
  }

  #events({ steps }: Manifest): string {
    const ids = steps.map(({ id }) => id);
    const goodUntil = this.failsAt === null ? ids.length : ids.indexOf(this.failsAt);
    const each = ids.slice(0, goodUntil).map((id) => `@ 1 begin ${id}\n@ 1 end ${id} changed 0`);
    const end =
      this.failsAt === null
        ? '@ 1 over done'
        : `@ 1 begin ${this.failsAt}\n@ 1 end ${this.failsAt} failed 1\n@ 1 over failed ${this.failsAt}`;
    return ['@ 1 clock', ...each, end, '@ 1 gone', ''].join('\n');
  }

  #look(): string {
    const lines = [
      ...this.stacks.flatMap(({ word, manifest }) => [
        `stack ${manifest.scope} ${manifest.environment} ${word}`,
        `p ${JSON.stringify(manifest)}`,
      ]),
      ...this.kept.flatMap((each) => [`kept ${each.scope} ${each.environment}`, `p ${JSON.stringify(each)}`]),
      ...this.bare.map((each) => `bare system ${each}`),
      ...this.runs.flatMap(({ id, manifest }) => [
        `run ${manifest.scope} ${id} ${id === this.alive ? 'alive' : 'ended'}`,
        `p ${JSON.stringify(manifest)}`,
        ...this.#events(manifest)
          .split('\n')
          .filter((each) => / (begin|end|over) /.test(each)),
      ]),
    ];
    return [...lines, 'done', ''].join('\n');
  }
}
