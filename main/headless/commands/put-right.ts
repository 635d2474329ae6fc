/** `setup put-right`: mends an MLflow that somebody else set up, each thing for itself. */
import type { Command } from 'commander';
import { portOf } from '../../core/servers/forward-spec.ts';
import { failure } from '../../shared/failure.ts';
import {
  allChosen,
  choose,
  isStepOffer,
  offerKinds,
  type OffersFor,
  type StepOffer,
} from '../../shared/setup/offers.ts';
import { quoted } from '../../shared/shell-words.ts';
import { CommandFailure, exitCodes, wrongUse } from '../exit-codes.ts';
import { planLines, shortPlanLines } from '../terminal/plan-lines.ts';
import { cancelled, confirmed } from './asking.ts';
import { connectedServer } from './connected.ts';
import { addCommand, show, type Context } from './context.ts';
import { followRun, tellRun, type FollowOptions } from './follow-run.ts';
import { timeoutOption, type PatienceOption } from './patience.ts';

interface PutRightOptions extends FollowOptions, PatienceOption {
  readonly port?: string;
  readonly only?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export function addPutRightCommand(setup: Command, context: Context): void {
  addCommand(setup, 'put-right <server>', 'mend an MLflow that somebody else set up: loopback only, a service, names')
    .option('--port <port>', 'of which MLflow, where there are several')
    .option('--only <kinds>', `with commas between: ${offerKinds.join(', ')} (default: all that is offered)`)
    .option('--plan', 'show what would be done, and do nothing')
    .option('--yes', 'do not ask')
    .option('-v, --verbose', 'show what the steps say, and the commands of a plan')
    .addOption(timeoutOption())
    .addHelpText('after', '\nTaken back by: mooring uninstall SERVER --environment adopted')
    .action(async (typed: string, options: PutRightOptions) => {
      const session = await context.core();
      const { profile } = await connectedServer(context, session, typed, options);
      const serverId = profile.id;
      const { found } = await session.call('setup.offers', { serverId });
      const { port, offers } = pick(found, profile.name, options.port);
      const steps = chosenOf(offers, options.only);
      if (!options.json) {
        for (const { kind, title, why, obstacle } of offers) {
          context.terminal.print(`${steps.some((each) => each === kind) ? '●' : '○'} ${title} (${kind})`);
          context.terminal.print(`    ${why}${obstacle === null ? '' : ` ${obstacle}`}`);
        }
        if (offers.some(({ kind }) => kind === 'change-password')) {
          context.terminal.print(`Change the password with: mooring setup password ${quoted(profile.name)} --change`);
        }
      }
      if (steps.length === 0) {
        if (options.json) show(context, options, { port, offers }, () => []);
        else context.terminal.say('There is nothing to put right by a step.');
        context.endWith(exitCodes.done);
        return;
      }
      const { plan } = await session.call('setup.plan-put-right', { serverId, port, offers: [...steps] });
      if (options.plan) {
        show(context, options, { port, offers, plan }, () => [
          ...planLines(context.terminal, plan, {
            serverName: profile.name,
            known: [],
            commands: options.verbose === true,
          }),
        ]);
        return;
      }
      const stop = plan.remarks.find(({ level }) => level === 'stop');
      if (stop)
        throw new CommandFailure(failure('conflict', stop.message, stop.hint === null ? {} : { hint: stop.hint }));
      if (!options.json)
        for (const line of shortPlanLines(context.terminal, plan, profile.name)) context.terminal.print(line);
      if (!options.yes && !(await confirmed(context, `Change MLflow on ${profile.name} now?`)))
        throw cancelled('Nothing was changed.');
      const { runId } = await session.call('setup.put-right', { serverId, port, offers: [...steps] });
      const followed = { profile, runId };
      const result = await followRun(context, session, followed, options);
      context.endWith(await tellRun(context, session, followed, result, options));
    });
}

function pick(found: readonly OffersFor[], serverName: string, typed: string | undefined): OffersFor {
  const port = typed === undefined ? undefined : portOf(typed);
  if (port === null) throw wrongUse(`${String(typed)} is not a port.`, 'Ports are 1 to 65535.');
  const ports = found.map((each) => String(each.port)).join(', ');
  const fitting = port === undefined ? found : found.filter((each) => each.port === port);
  const [only, ...others] = fitting;
  if (only === undefined) {
    throw wrongUse(
      `No MLflow that somebody else made was found on ${serverName}${port === undefined ? '' : ` on port ${String(port)}`}.`,
      found.length === 0 ? `See what is there: mooring facts ${quoted(serverName)}` : `Found on port ${ports}.`,
      'not-found',
    );
  }
  if (others.length > 0) throw wrongUse(`There are several on ${serverName}.`, `Say which: --port, one of ${ports}`);
  return only;
}

/** What is chosen, with what that needs. */
function chosenOf(offers: OffersFor['offers'], only: string | undefined): readonly StepOffer[] {
  if (only === undefined) return allChosen(offers);
  const wanted = only.split(',').map((each) => each.trim());
  const unknown = wanted.find((each) => !offerKinds.some((kind) => kind === each));
  if (unknown !== undefined) throw wrongUse(`There is no offer of that name.`, `They are: ${offerKinds.join(', ')}`);
  return offerKinds
    .filter(isStepOffer)
    .filter((kind) => wanted.includes(kind))
    .reduce<readonly StepOffer[]>((chosen, kind) => choose(offers, chosen, kind), []);
}
