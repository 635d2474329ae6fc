/** Words as sentences. */

/** With a full stop, unless it ends with a mark of its own. */
export const withStop = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** Words of a state, which stand in a line elsewhere, on their own: `nothing answers` is `Nothing answers.` */
export function sentence(words: string): string {
  const [first = '', ...rest] = words;
  return withStop(`${first.toUpperCase()}${rest.join('')}`);
}
