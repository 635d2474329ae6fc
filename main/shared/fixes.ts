/** What mends a link of a forward’s chain: as data, on a button, and as edits. Pure. */
import {
  forwardDraftOf,
  serviceNames,
  webServices,
  type Forward,
  type ForwardDraft,
  type ServiceKind,
} from './forward.ts';

/** What mends a link. Whoever shows it knows how to do it. */
export type Fix =
  | { readonly kind: 'turn-on' }
  /** Of the server, whose connection has stopped. */
  | { readonly kind: 'connect' }
  /** Asks again at once. */
  | { readonly kind: 'retry' }
  /** Another local port, free now. */
  | { readonly kind: 'use-port'; readonly port: number }
  | { readonly kind: 'edit-tunnel' }
  /** Leads the tunnel to another port of the server. */
  | { readonly kind: 'use-target-port'; readonly port: number }
  /** Two tunnels lead to each other’s place. */
  | { readonly kind: 'swap-ports'; readonly withForwardId: string; readonly withLabel: string }
  | { readonly kind: 'set-service'; readonly service: ServiceKind }
  | { readonly kind: 'add-tunnel'; readonly service: ServiceKind; readonly port: number }
  /** A stack of ours is to answer to these names as well: the plan for it is shown first. */
  | { readonly kind: 'allow-names'; readonly environment: string; readonly names: readonly string[] }
  /** The tunnel’s requests say this as Host, for a server that can’t be changed. */
  | { readonly kind: 'send-as'; readonly host: string }
  /** Where a stack’s password is given. */
  | { readonly kind: 'store-password' }
  /** Where the server’s services are set up and started. */
  | { readonly kind: 'open-setup' }
  | { readonly kind: 'open-doctor' };

/** On a button. */
export function describeFix(fix: Fix): string {
  switch (fix.kind) {
    case 'turn-on':
      return 'Turn on';
    case 'connect':
      return 'Connect';
    case 'retry':
      return 'Try again';
    case 'use-port':
      return `Use port ${String(fix.port)} instead`;
    case 'edit-tunnel':
      return 'Edit tunnel';
    case 'use-target-port':
      return `Lead it to port ${String(fix.port)}`;
    case 'swap-ports':
      return `Swap it with ${fix.withLabel}`;
    case 'set-service':
      return `Take it for ${serviceNames[fix.service]}`;
    case 'add-tunnel':
      return `Add a tunnel to port ${String(fix.port)}`;
    case 'allow-names':
      return fix.names.length === 1 ? 'Allow the name' : 'Allow the names';
    case 'send-as':
      return `Send ${fix.host} as Host`;
    case 'store-password':
      return 'Give the password';
    case 'open-setup':
      return 'Look at Setup';
    case 'open-doctor':
      return 'Ask the doctor';
    default:
      return fix satisfies never;
  }
}

/** What a fix changes about the server’s forwards, as edits by id; none for fixes of another sort. */
export function forwardEdits(
  fix: Fix,
  forward: Forward,
  all: readonly Forward[],
): readonly { readonly forwardId: string; readonly draft: ForwardDraft }[] {
  const edit = (of: Forward, change: Partial<ForwardDraft>) => ({
    forwardId: of.id,
    draft: { ...forwardDraftOf(of), ...change },
  });
  switch (fix.kind) {
    case 'use-port':
      return [edit(forward, { bind: { ...forward.bind, port: fix.port } })];
    case 'use-target-port':
      return [edit(forward, { target: { ...forward.target, port: fix.port } })];
    case 'set-service': {
      const keeps = webServices.includes(fix.service) || !forward.sendAs;
      return [edit(forward, { service: fix.service, ...(keeps ? {} : { sendAs: null }) })];
    }
    case 'send-as':
      return [edit(forward, { sendAs: { host: fix.host } })];
    case 'swap-ports': {
      const other = all.find((each) => each.id === fix.withForwardId);
      if (!other) return [];
      return [edit(forward, { target: other.target }), edit(other, { target: forward.target })];
    }
    case 'turn-on':
    case 'connect':
    case 'retry':
    case 'edit-tunnel':
    case 'add-tunnel':
    case 'allow-names':
    case 'store-password':
    case 'open-setup':
    case 'open-doctor':
      return [];
    default:
      return fix satisfies never;
  }
}
