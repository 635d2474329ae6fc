/** What mends a link of a forward's chain, as a command to type. */
import { formatEndpoint, isOwnHost, type Forward, type ForwardDraft } from '../../shared/forward.ts';
import type { ServerProfile } from '../../shared/server.ts';
import { forwardEdits, type Fix } from '../../shared/fixes.ts';
import { withNames } from '../../shared/setup/other-names.ts';
import { adoptCommand } from '../../shared/setup/password-words.ts';
import type { StackDraft } from '../../shared/setup/stack.ts';
import { quoted } from '../../shared/shell-words.ts';

/** Null: there is none that would be typed as it is. */
export function fixCommand(fix: Fix, { name, forwards, stacks }: ServerProfile, forward: Forward): string | null {
  const server = quoted(name);
  const path = quoted(`${name}/${forward.label}`);
  switch (fix.kind) {
    case 'use-port':
      return `mooring forward edit ${path} --local-port ${String(fix.port)}`;
    case 'set-service':
      return `mooring forward edit ${path} --service ${fix.service}`;
    case 'use-target-port':
    case 'swap-ports':
      return forwardEdits(fix, forward, forwards)
        .map(({ draft }) => `mooring forward edit ${quoted(`${name}/${draft.label}`)} ${specOf(draft)}`)
        .join(' && ');
    case 'send-as':
      return `mooring forward edit ${path} --send-as ${quoted(fix.host)}`;
    case 'allow-names': {
      const stack = stacks.find((each) => each.environment === fix.environment);
      return stack ? setupCommand(server, withNames(stack.draft, fix.names)) : null;
    }
    case 'add-tunnel':
      return `mooring forward add ${server} ${String(fix.port)}:127.0.0.1:${String(fix.port)}`;
    case 'turn-on':
      return `mooring up ${path}`;
    case 'connect':
      return `mooring up ${server}`;
    case 'retry':
      return `mooring retry ${server}`;
    case 'store-password': {
      const stack = stacks.find((each) => each.forwardId === forward.id);
      if (stack) return adoptCommand(name, stack.environment);
      return isOwnHost(forward.target.host)
        ? `mooring setup adopt ${server} --port ${String(forward.target.port)} --user NAME`
        : null;
    }
    case 'open-doctor':
      return `mooring doctor ${server}`;
    // Which of its values is wrong is for a person to say.
    case 'edit-tunnel':
      return `mooring forward edit ${path} ${String(forward.bind.port)}:${formatEndpoint(forward.target.host, forward.target.port).replace(/\d+$/, 'PORT')}`;
    case 'open-setup':
      return null;
    default:
      return fix satisfies never;
  }
}

/** Of a stack as it is known here: what is not said has its usual value. */
const setupCommand = (server: string, { stack, values }: StackDraft): string =>
  [
    `mooring setup ${server} --stack ${stack}`,
    ...Object.entries(values).map(([key, value]) => `--set ${quoted(`${key}=${String(value)}`)}`),
  ].join(' ');

/** As `ssh -L` takes it. */
const specOf = ({ bind, target }: ForwardDraft): string =>
  `${formatEndpoint(bind.address, bind.port)}:${formatEndpoint(target.host, target.port)}`;

/** Adds the very same forward. */
export function addForwardCommand(serverName: string, draft: ForwardDraft): string {
  const more = [
    `--service ${draft.service} --label ${quoted(draft.label)}`,
    ...(draft.bind.alsoIpv6 ? ['--ipv6'] : []),
    ...(draft.sendAs ? [`--send-as ${quoted(draft.sendAs.host)}`] : []),
  ];
  return ['mooring forward add', quoted(serverName), specOf(draft), ...more].join(' ');
}
