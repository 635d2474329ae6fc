/** One line for a log: which fault, and where. Never its message: that may quote what was being read, a secret even. */
export function faultLine(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const where = /([\w.-]+\.[cm]?[jt]s:\d+:\d+)/.exec(error.stack?.split('\n').slice(1).join('\n') ?? '')?.[1];
  return `${error.name}${code}${where === undefined ? '' : ` at ${where}`}`;
}
