/** Whether MLflow answers to the names that this machine has for it, itself or behind a web server. */
import type { Fix } from '../../shared/fixes.ts';
import type { Judged } from '../../shared/services.ts';
import { failedLink, httpGet, httpOf, warned, type Answers, type NamedRequest, type ProbeContext } from './probe.ts';
import { isHostRefusal } from './recognise.ts';

/** Of the names that are known for it. */
export const mostNames = 3;

/** The next name to ask under; null: all have been. A page, since /health is open to every name. */
export function nextName(answers: Answers, { names, localPort }: ProbeContext): NamedRequest | null {
  const name = names.slice(0, mostNames).find((each) => !answers[`name ${each}`]);
  return name === undefined
    ? null
    : { name: `name ${name}`, request: httpGet({ host: `${name}:${String(localPort)}` }, '/') };
}

/**
 * Null: none is refused. `elsewhere`: where it answers all the same, so that this is a warning; null: the name is the only
 * way to it. `more`: what helps besides, where setup can’t change what it answers to.
 */
export function namesRefused(
  answers: Answers,
  { names, ownStack }: ProbeContext,
  elsewhere: string | null,
  ...more: readonly Fix[]
): Judged | null {
  const refused = names.filter((name) => {
    const answer = httpOf(answers, `name ${name}`);
    return answer !== null && isHostRefusal(answer);
  });
  const [name] = refused;
  if (name === undefined) return null;
  const need = `Its --allowed-hosts must have ${name} and ${name}:*`;
  const allow: readonly Fix[] =
    ownStack === null ? [] : [{ kind: 'allow-names', environment: ownStack, names: refused }];
  const judge = elsewhere === null ? failedLink : warned;
  return judge(
    `MLflow answers 403 to the name ${name}`,
    elsewhere === null ? `${need}.` : `${need}; ${elsewhere}`,
    ...allow,
    ...more,
    ...(ownStack === null ? [{ kind: 'open-setup' } as const] : []),
    { kind: 'retry' },
  );
}
