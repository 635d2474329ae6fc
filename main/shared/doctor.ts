/** The doctor's findings: what was looked at, what was seen, and what to do. No secrets in them. */

export const checkGroups = ['machine', 'way', 'server', 'tunnels', 'services', 'names'] as const;
export type CheckGroup = (typeof checkGroups)[number];

export const checkGroupWords: Readonly<Record<CheckGroup, string>> = {
  machine: 'This machine',
  way: 'The way there',
  server: 'The server',
  tunnels: 'Tunnels',
  services: 'Services',
  names: 'Names',
};

/** `unknown`: it could not be looked at, for the reason that `seen` gives. */
export type CheckStatus = 'ok' | 'warning' | 'broken' | 'unknown';

export interface Finding {
  /** Unique in its view, the same at each look: `forward/f1/target`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** What was looked at: `Key file`. */
  readonly title: string;
  readonly status: CheckStatus;
  /** What was seen, a sentence. */
  readonly seen: string;
  /** What to do; null where all is well. */
  readonly hint: string | null;
  /** Does it at a click; only what is safe. */
  readonly fix: DoctorFix | null;
  /** Null: of this machine. */
  readonly serverId: string | null;
}

export type DoctorFix =
  | { readonly kind: 'connect'; readonly serverId: string }
  | { readonly kind: 'retry'; readonly serverId: string }
  | { readonly kind: 'answer'; readonly serverId: string; readonly promptId: string }
  /** Moves the local end of a forward to another port. */
  | { readonly kind: 'use-port'; readonly serverId: string; readonly forwardId: string; readonly port: number }
  | { readonly kind: 'probe-keychain' }
  | { readonly kind: 'start-at-login' }
  /** Readable by its owner alone. */
  | { readonly kind: 'tighten-key'; readonly serverId: string }
  /** Shows a tab of the server's page. */
  | { readonly kind: 'open-tab'; readonly serverId: string; readonly tab: 'setup' | 'tunnels' | 'logs' };

export interface DoctorView {
  /** Null: this machine and every server that is wanted. */
  readonly serverId: string | null;
  readonly startedMs: number;
  /** Null while it looks. */
  readonly endedMs: number | null;
  readonly cancelled: boolean;
  /** What is looked at now: `reads lab`. Null at the end. */
  readonly stage: string | null;
  readonly findings: readonly Finding[];
}

/** From bad to good, as it is shown. */
const order: readonly CheckStatus[] = ['broken', 'warning', 'unknown', 'ok'];
export const checkShape: Readonly<Record<CheckStatus, string>> = { ok: '●', warning: '▲', broken: '✕', unknown: '○' };
export const checkWords: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  broken: 'broken',
  unknown: 'not known',
};

export const worstFirst = (findings: readonly Finding[]): readonly Finding[] =>
  [...findings].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));

export const countOf = (findings: readonly Finding[], status: CheckStatus): number =>
  findings.filter((each) => each.status === status).length;

/** `2 broken, 1 warning, 14 ok`. */
export function doctorSummary(findings: readonly Finding[]): string {
  const parts = order
    .map((status) => ({ status, count: countOf(findings, status) }))
    .filter(({ count, status }) => count > 0 || status === 'ok')
    .map(({ status, count }) => {
      const word = status === 'warning' && count !== 1 ? 'warnings' : checkWords[status];
      return `${String(count)} ${word}`;
    });
  return parts.join(', ');
}

/** What a button says that does it. */
export function fixLabel(fix: DoctorFix): string {
  switch (fix.kind) {
    case 'connect':
      return 'Connect';
    case 'retry':
      return 'Try again';
    case 'answer':
      return 'Answer';
    case 'use-port':
      return `Use port ${String(fix.port)}`;
    case 'probe-keychain':
      return 'Ask the keychain again';
    case 'start-at-login':
      return 'Start at login';
    case 'tighten-key':
      return 'Make it private';
    case 'open-tab':
      return { setup: 'Open Setup', tunnels: 'Open Tunnels', logs: 'Open Logs' }[fix.tab];
    default:
      return fix satisfies never;
  }
}

/** The findings as text, group by group, for a terminal, a chat or a file. */
export function doctorLines(
  findings: readonly Finding[],
  serverName: (serverId: string) => string,
): readonly {
  readonly kind: 'group' | 'finding' | 'hint';
  readonly text: string;
  readonly status: CheckStatus | null;
}[] {
  const places = [null, ...new Set(findings.map((each) => each.serverId).filter((each) => each !== null))];
  return places.flatMap((serverId) =>
    checkGroups.flatMap((group) => {
      const own = findings.filter((each) => each.serverId === serverId && each.group === group);
      if (own.length === 0) return [];
      const head = serverId === null ? checkGroupWords[group] : `${serverName(serverId)}: ${checkGroupWords[group]}`;
      return [
        { kind: 'group' as const, text: head, status: null },
        ...own.flatMap(({ title, status, seen, hint }) => [
          { kind: 'finding' as const, text: `${checkShape[status]} ${title}: ${seen}`, status },
          ...(hint === null ? [] : [{ kind: 'hint' as const, text: hint, status: null }]),
        ]),
      ];
    }),
  );
}
