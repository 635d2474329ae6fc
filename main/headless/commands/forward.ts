/** `forward`: the forwards of a server. */
import type { Command } from 'commander';
import {
  forwardDraftOf,
  forwardPresets,
  serviceKinds,
  type ForwardDraft,
  type ServiceKind,
} from '../../shared/forward.ts';
import { addCommand, show, type Context, type JsonOption } from './context.ts';
import { wrongUse } from '../exit-codes.ts';
import { findOneForward, findServer } from './find.ts';
import type { Session } from '../control/session.ts';
import { portOf } from '../../core/servers/forward-spec.ts';
import { parseForward } from './specs.ts';
import { addForwardCommand } from '../terminal/fix-commands.ts';
import { forwardLines, serverLines } from '../terminal/state-lines.ts';
import { must } from './server.ts';

interface ForwardOptions extends JsonOption {
  readonly label?: string;
  readonly service?: string;
  readonly localPort?: string;
  readonly ipv6?: boolean;
  /** False: `--no-send-as`. */
  readonly sendAs?: string | false;
}

const presetList = forwardPresets
  .map((each) => `  ${each.name.padEnd(12)}${String(each.localPort)} → ${String(each.targetPort)}  ${each.label}`)
  .join('\n');

export function addForwardCommands(program: Command, context: Context): void {
  const forward = program.command('forward').description('add, change and remove forwards');

  withFields(addCommand(forward, 'add <server> <spec>', 'add a forward: [BIND:]PORT:HOST:PORT, or a preset'))
    .addHelpText(
      'after',
      `
HOST:PORT is what the server connects to; localhost means the server itself.

Presets (local → on the server):
${presetList}

Examples:
  mooring forward add lab-vm mlflow
  mooring forward add lab-vm 5433:db.internal:5432 --label Warehouse
  mooring forward add lab-vm 5001:localhost:5000 --send-as mlflow-server.local`,
    )
    .action(async (typed: string, spec: string, options: ForwardOptions) => {
      const session = await context.core();
      const { profile } = findServer(await session.snapshot(), typed);
      const draft = must(
        parseForward(
          spec,
          profile.forwards.map((each) => each.label),
        ),
      );
      await session.call('forwards.add', { serverId: profile.id, draft: changed(draft, options) });
      await tell(context, session, profile.id, options);
    });

  withFields(addCommand(forward, 'edit <forward> [spec]', 'change a forward (SERVER/FORWARD); what is not named stays'))
    .addHelpText(
      'after',
      '\nExamples:\n  mooring forward edit lab-vm/MLflow --local-port 5002\n  mooring forward edit lab-vm/MLflow 5002:localhost:5000',
    )
    .action(async (typed: string, spec: string | undefined, options: ForwardOptions) => {
      const session = await context.core();
      const { server, forward: before } = findOneForward(await session.snapshot(), typed);
      const { bind } = before;
      let draft = forwardDraftOf(before);
      if (spec !== undefined) {
        const parsed = must(parseForward(spec));
        draft = { ...draft, bind: { ...parsed.bind, alsoIpv6: bind.alsoIpv6 }, target: parsed.target };
      }
      const serverId = server.profile.id;
      await session.call('forwards.edit', { serverId, forwardId: before.id, draft: changed(draft, options) });
      await tell(context, session, serverId, options);
    });

  addCommand(forward, 'remove <forward>', 'remove a forward (SERVER/FORWARD)').action(
    async (typed: string, options: JsonOption) => {
      const session = await context.core();
      const { server, forward: found } = findOneForward(await session.snapshot(), typed);
      await session.call('forwards.remove', { serverId: server.profile.id, forwardId: found.id });
      show(context, options, { removed: found.id }, () => [
        `Removed ${server.profile.name}/${found.label}`,
        `Add it again with: ${addForwardCommand(server.profile.name, found)}`,
      ]);
    },
  );
}

function withFields(command: Command): Command {
  return command
    .option('--label <label>', 'its name')
    .option('--service <kind>', `what answers there: ${serviceKinds.join(', ')}`)
    .option('--local-port <port>', 'the port on this computer')
    .option('--ipv6', 'listen on ::1 as well')
    .option('--no-ipv6', 'do not')
    .option('--send-as <host>', 'what requests say as Host, for servers that answer to one name only (HTTP, not S3)')
    .option('--no-send-as', 'pass bytes as they are');
}

function changed(draft: ForwardDraft, options: ForwardOptions): ForwardDraft {
  const port = options.localPort === undefined ? draft.bind.port : portOf(options.localPort);
  if (port === null) throw wrongUse(`${String(options.localPort)} is not a port.`, 'Ports are 1 to 65535.');
  const service = options.service ?? draft.service;
  if (!isServiceKind(service)) throw wrongUse(`${service} is not a service.`, `There is: ${serviceKinds.join(', ')}`);
  return {
    ...draft,
    label: options.label ?? draft.label,
    service,
    bind: { ...draft.bind, port, alsoIpv6: options.ipv6 ?? draft.bind.alsoIpv6 },
    ...(options.sendAs === undefined ? {} : { sendAs: options.sendAs === false ? null : { host: options.sendAs } }),
  };
}

function isServiceKind(text: string): text is ServiceKind {
  return (serviceKinds as readonly string[]).includes(text);
}

async function tell(context: Context, session: Session, serverId: string, options: JsonOption): Promise<void> {
  const view = findServer(await session.snapshot(), serverId);
  show(context, options, view, () => [
    ...serverLines(context.terminal, [view], Date.now()),
    ...forwardLines(context.terminal, view, '   ', Date.now()),
  ]);
}
