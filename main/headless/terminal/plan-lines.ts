/** A plan as lines for a terminal: what would be done, why, and with `commands` the very commands. */
import { isOfPlaybook, type Plan, type PlanRemark, type Step } from '../../shared/setup/plan.ts';
import { remarkLights } from '../../shared/setup/setup-words.ts';
import type { StackSecretName } from '../../shared/setup/stack.ts';
import { lightShape } from '../../shared/words.ts';
import { lightColour } from './state-lines.ts';
import type { Terminal } from './terminal.ts';

export interface PlanLinesOptions {
  readonly serverName: string;
  /** Secrets that are kept from before. */
  readonly known: readonly StackSecretName[];
  readonly commands: boolean;
}

/** Title, remarks and steps by name: what a person says yes to. */
export function shortPlanLines(terminal: Terminal, plan: Plan, serverName: string): readonly string[] {
  return [
    titleLine(terminal, plan, serverName),
    ...plan.remarks.flatMap((each) => remarkLines(terminal, each)),
    ...plan.steps.map(({ title }, index) => `${numbered(index)}${title}`),
  ];
}

export function planLines(terminal: Terminal, plan: Plan, options: PlanLinesOptions): readonly string[] {
  const lines = [
    titleLine(terminal, plan, options.serverName),
    ...plan.remarks.flatMap((each) => remarkLines(terminal, each)),
    ...plan.steps.flatMap((step, index) => [
      '',
      `${numbered(index)}${step.title}${step.needsRoot ? terminal.colour('dim', '  (root)') : ''}`,
      `    ${step.why}`,
      ...(options.commands ? commandLines(terminal, step) : []),
    ]),
  ];
  const section = (title: string, rows: readonly string[]) => {
    if (rows.length > 0) lines.push('', title, ...rows.map((row) => `    ${row}`));
  };
  section(
    'Secrets',
    plan.secrets.map(({ name, label, origin }) => {
      const how = options.known.includes(name) ? 'kept from before' : origin === 'given' ? 'asked for' : 'made up';
      return `${label}: ${how}`;
    }),
  );
  section(
    'Tunnels',
    plan.services.map(({ label, port }) => `${label}, to port ${String(port)} of the server`),
  );
  return lines;
}

export function remarkLines(terminal: Terminal, { level, message, hint }: PlanRemark): readonly string[] {
  const { light, words } = remarkLights[level];
  const head = light ? terminal.colour(lightColour[light], `${lightShape[light]} ${words}: `) : `  ${words}: `;
  return [`${head}${message}`, ...(hint === null ? [] : [`    ${hint}`])];
}

function titleLine(terminal: Terminal, plan: Plan, serverName: string): string {
  const { title, environment, scope, account } = plan;
  if (isOfPlaybook(plan)) return `${terminal.colour('bold', title)} on ${serverName}, from this machine`;
  const who = scope === 'system' ? 'as root' : `for the account ${account} alone`;
  const where = environment === 'main' ? '' : `, environment ${environment}`;
  return `${terminal.colour('bold', title)} on ${serverName}${where}, ${who}`;
}

const numbered = (index: number): string => `${String(index + 1).padStart(3)}. `;

function commandLines(terminal: Terminal, step: Step): readonly string[] {
  const parts = [
    ['shared by the parts below', step.define],
    ['is there something to do? (exit 0: no)', step.check],
    ['do it', step.apply],
    ['is it right now?', step.verify],
    ['take it off again', step.undo],
    ['remove its data', step.removeData],
  ] as const;
  return parts
    .filter(([, text]) => text.trim() !== '')
    .flatMap(([name, text]) => [
      terminal.colour('dim', `      # ${name}`),
      ...text
        .trim()
        .split('\n')
        .map((line) => terminal.colour('dim', `      ${line}`)),
    ]);
}
