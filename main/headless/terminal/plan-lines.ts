/** A plan as lines for a terminal: what would be done, why, and with `commands` the very commands. */
import { isOfPlaybook, type Plan, type PlanRemark, type PlanSecret, type Step } from '../../shared/setup/plan.ts';
import { withStop } from '../../shared/sentence.ts';
import { remarkLights } from '../../shared/setup/setup-words.ts';
import type { StackSecretName } from '../../shared/setup/stack.ts';
import { quoted } from '../../shared/shell-words.ts';
import { lightShape } from '../../shared/words.ts';
import { lightColour } from './state-lines.ts';
import type { Terminal } from './terminal.ts';

export interface PlanLinesOptions {
  readonly serverName: string;
  /** Secrets that are kept from before. */
  readonly known: readonly StackSecretName[];
  /** Secrets that came with the command; they go before those that are kept. */
  readonly given?: readonly StackSecretName[];
  readonly commands: boolean;
}

/** Title, remarks and steps by name: what a person says yes to. */
export function shortPlanLines(terminal: Terminal, plan: Plan, serverName: string): readonly string[] {
  return [
    ...terminal.wrap(titleLine(terminal, plan, serverName), hang),
    ...plan.remarks.flatMap((each) => remarkLines(terminal, each)),
    ...plan.steps.flatMap(({ title }, index) => terminal.wrap(`${numbered(index)}${title}`, underNumber)),
    ...plan.services
      .filter(({ localPort }) => localPort !== undefined)
      .map(({ label, localPort }) => `     Then ${label} answers at 127.0.0.1:${String(localPort)} here`),
  ];
}

export function planLines(terminal: Terminal, plan: Plan, options: PlanLinesOptions): readonly string[] {
  const lines = [
    ...terminal.wrap(titleLine(terminal, plan, options.serverName), hang),
    ...plan.remarks.flatMap((each) => remarkLines(terminal, each)),
    ...plan.steps.flatMap((step, index) => [
      '',
      ...terminal.wrap(
        `${numbered(index)}${step.title}${step.needsRoot ? terminal.colour('dim', '  (root)') : ''}`,
        underNumber,
      ),
      ...terminal.wrap(`    ${step.why}`),
      ...(options.commands ? commandLines(terminal, step) : []),
    ]),
  ];
  const section = (title: string, rows: readonly string[]) => {
    if (rows.length > 0) lines.push('', title, ...rows.flatMap((row) => terminal.wrap(`    ${row}`, hang + 2)));
  };
  section(
    'Secrets',
    plan.secrets.map(({ name, label, origin }) => {
      const how = originWords(name, origin, options);
      return `${label}: ${how}`;
    }),
  );
  section(
    'Tunnels',
    plan.services.map(({ label, port, localPort }) => {
      const here = localPort === undefined ? '' : ` at 127.0.0.1:${String(localPort)} here`;
      return `${label}${here}, to port ${String(port)} of the server`;
    }),
  );
  return lines;
}

function originWords(name: StackSecretName, origin: PlanSecret['origin'], { given, known }: PlanLinesOptions): string {
  if (given?.includes(name)) return 'as given';
  if (known.includes(name)) return 'kept from before';
  return origin === 'given' ? 'asked for' : 'made up';
}

/** What to do about a remark, with the option that does it where there is one. */
export function remarkHint({ hint, fix }: PlanRemark): string | null {
  if (fix === undefined) return hint;
  const option = `Add --set ${fix.field}=${quoted(String(fix.value))}`;
  return hint === null ? option : `${withStop(hint)} ${option}`;
}

export function remarkLines(terminal: Terminal, remark: PlanRemark): readonly string[] {
  const { level, message } = remark;
  const hint = remarkHint(remark);
  const { light, words } = remarkLights[level];
  const head = light ? terminal.colour(lightColour[light], `${lightShape[light]} ${words}: `) : `  ${words}: `;
  return [...terminal.wrap(`${head}${message}`, hang), ...(hint === null ? [] : terminal.wrap(`    ${hint}`))];
}

function titleLine(terminal: Terminal, plan: Plan, serverName: string): string {
  const { title, environment, scope, account } = plan;
  if (isOfPlaybook(plan)) return `${terminal.colour('bold', title)} on ${serverName}, from this machine`;
  const who = scope === 'system' ? 'as root' : `for the account ${account} alone`;
  const where = environment === 'main' ? '' : `, environment ${environment}`;
  return `${terminal.colour('bold', title)} on ${serverName}${where}, ${who}`;
}

/** What goes on below a line stands this far in. */
const hang = 4;
const underNumber = 5;
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
