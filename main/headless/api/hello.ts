/** What a running core says of itself at `GET /api/hello`. */
export interface Hello {
  readonly app: 'mooring';
  readonly coreId: string;
  readonly pid: number;
  readonly version: string;
  readonly host: HostKind;
  /** It is on its way out: wait for it to be gone, then start another. */
  readonly stopping: boolean;
}

/** The desktop app, a core in somebody’s terminal, or one that a command started in the background. */
export type HostKind = 'desktop' | 'terminal' | 'background';

export function isHello(value: unknown): value is Hello {
  if (typeof value !== 'object' || value === null) return false;
  const hello = value as Partial<Record<keyof Hello, unknown>>;
  return hello.app === 'mooring' && typeof hello.coreId === 'string' && typeof hello.pid === 'number';
}
