/** Answers to the facts script: recorded, put together, and made to order. */
import { readFileSync } from 'node:fs';
import { parseFacts, type RunTimes } from '../../../../../main/core/setup/facts/parse-facts.ts';
import type { ServerFacts } from '../../../../../main/shared/facts.ts';

/** debian-12, debian-13-tutorial and container were recorded, alpine in parts; ubuntu-24.04 was put together. */
export const names = ['debian-12', 'debian-13-tutorial', 'container', 'alpine', 'ubuntu-24.04'] as const;

export type SampleName = (typeof names)[number];

export const sample = (name: SampleName) =>
  readFileSync(new URL(`../../../../support/facts-samples/${name}.txt`, import.meta.url), 'utf8');

export function read(output: string, times: RunTimes | null = null): ServerFacts {
  const reply = parseFacts(output, times);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
}

/** An answer of one or more sections, of lines each. */
export const answer = (sections: Record<string, readonly string[]>) =>
  [
    '@@mooring-facts 1',
    ...Object.entries(sections).flatMap(([name, lines]) => [
      `@@section ${name}`,
      ...[...lines, ''].map((line) => `|${line}`),
    ]),
    '@@end',
    '',
  ].join('\n');
