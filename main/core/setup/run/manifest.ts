/**
 * What a run leaves on the server so that any machine can read it (`plan.json`, and as the environment's `manifest.json`):
 * one line of JSON, without secrets. It comes from a server, so that nothing in it is trusted.
 */
import * as z from 'zod';
import type { Plan } from '../../../shared/setup/plan.ts';
import { stackNames, type StackDraft } from '../../../shared/setup/stack.ts';

const shortText = z.string().max(200);
const mostFormer = 50;

const port = z.int().min(1).max(65535);
const draft = z.object({
  stack: z.enum(stackNames),
  values: z.record(z.string().max(60), z.union([z.string().max(20_000), z.number(), z.boolean()])),
});

const shape = z.object({
  /** Of this form. */
  format: z.literal(1),
  kind: z.enum(['set-up', 'uninstall']),
  title: shortText,
  environment: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/),
  scope: z.enum(['system', 'user']),
  account: shortText,
  /** Where Mooring keeps its things on that server. */
  stateDir: z.string().regex(/^\/[^\0\n]{1,500}$/),
  by: shortText,
  adminUser: shortText.nullable(),
  draft,
  /** Earlier stacks, of which something is there still; see plan/former.ts. */
  former: z.array(draft).max(mostFormer).default([]),
  /** What was set up to its end before this; null: nothing was, or this run is not of a stack. */
  finished: draft.nullable().default(null),
  /** Ports where the stack before answered and this one does not. */
  gone: z.array(port).max(20).default([]),
  steps: z.array(z.object({ id: z.string().regex(/^[a-z0-9-]{1,60}$/), title: shortText })).max(100),
  services: z
    .array(
      z.object({
        service: z.enum(['mlflow', 's3', 's3-console']),
        label: shortText,
        port,
        samePort: z.boolean(),
      }),
    )
    .max(20),
  /** Of an uninstallation: the data that it leaves, for people. */
  keeps: z.array(z.string().max(500)).max(20).optional(),
});

export type Manifest = z.output<typeof shape>;

export function manifestOf(plan: Plan, stateDir: string, by: string): Manifest {
  const { kind, title, environment, scope, account, adminUser, steps, services, keeps } = plan;
  const { former = [], finished = null, gone = [] } = plan;
  return {
    format: 1,
    kind,
    title,
    environment,
    scope,
    account,
    stateDir,
    by: by.slice(0, 200),
    adminUser,
    draft: copyOf(plan.draft),
    former: former.slice(-mostFormer).map(copyOf),
    finished: finished && copyOf(finished),
    gone: [...gone],
    steps: steps.map(({ id, title: stepTitle }) => ({ id, title: stepTitle })),
    services: services.map(({ service, label, port, samePort }) => ({ service, label, port, samePort })),
    ...(keeps && { keeps: keeps.slice(0, 20).map((each) => each.slice(0, 500)) }),
  };
}

const copyOf = ({ stack, values }: StackDraft) => ({ stack, values: { ...values } });

/** Null: not one, or of a newer version. */
export function parseManifest(text: string): Manifest | null {
  try {
    const parsed = shape.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
