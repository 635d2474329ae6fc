/** The list of hosts that programs reach without a proxy, as it stands in `NO_PROXY` or `no_proxy`. */

/** Its entries as they are written. Commas part them; blanks do for some programs (curl among them), so both do here. */
export const proxyExceptions = (noProxy: string): readonly string[] =>
  noProxy.split(/[\s,]+/).filter((each) => each !== '');

/** Those of the addresses that programs would ask the proxy for. `*` spares all; case does not count. */
export function notSpared(noProxy: string, addresses: readonly string[]): readonly string[] {
  const spared = proxyExceptions(noProxy).map((each) => each.toLowerCase());
  return spared.includes('*') ? [] : addresses.filter((each) => !spared.includes(each.toLowerCase()));
}
