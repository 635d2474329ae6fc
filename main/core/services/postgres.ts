/** PostgreSQL: its greeting, and a login that ends as soon as it is through. No query, so no session to speak of. */
import { oneLine } from '../foreign-text.ts';
import {
  failedLink,
  failureOf,
  httpGet,
  httpOf,
  isSilence,
  notTold,
  ok,
  silent,
  unknown,
  withDisk,
  type Probe,
  type ProbeContext,
  type Verdict,
} from './probe.ts';
import type { AskAnswer } from '../engine.ts';
import type { Judged } from '../../shared/services.ts';

type Greeting = Extract<AskAnswer, { kind: 'postgres' }>;

export const postgres: Probe = {
  next(answers, context) {
    // Some web servers wait for more of what they take for the beginning of a request.
    if (isSilence(failureOf(answers, 'greeting')) && !answers['any page']) {
      return { name: 'any page', request: httpGet(context, '/'), timeoutMs: 3_000 };
    }
    if (answers['greeting']) return null;
    const { database } = context;
    const { user, database: name, password } = database ?? { user: 'postgres', database: 'postgres', password: null };
    return { name: 'greeting', request: { kind: 'postgres', user, database: name, password } };
  },

  judge(answers, context) {
    const trouble = failureOf(answers, 'greeting');
    if (isSilence(trouble)) return httpOf(answers, 'any page') ? null : silent(trouble);
    const reply = answers['greeting'];
    if (!reply?.ok || reply.value.kind !== 'postgres' || reply.value.tls === null) return null;
    return verdictOf(reply.value, context);
  },
};

function verdictOf(greeting: Greeting, context: ProbeContext): Verdict {
  const { version, error } = greeting;
  const product = version === null ? 'PostgreSQL' : `PostgreSQL ${/^[\d.]+/.exec(version)?.[0] ?? ''}`.trim();
  const is = { kind: 'postgres', product, service: ok(product), notes: [] } as const;
  const well = withDisk(ok('healthy'), context);
  if (error) return { ...is, ...judgeError(error, context, well) };
  if (greeting.login === 'open') {
    const who = context.database?.user ?? 'postgres';
    return greeting.method === 'trust'
      ? { ...is, login: ok(`${who} gets in without a password`), health: well }
      : { ...is, login: ok(`signed in as ${who}`), health: well };
  }
  const by = greeting.method ?? 'a password';
  const login = context.database
    ? unknown(`wants a login by ${by}, which Mooring does not try`)
    : unknown('wants a login', 'Programs need user, password and database.');
  return { ...is, login, health: well };
}

/** By SQLSTATE (PostgreSQL’s documentation, appendix A). */
function judgeError(
  { code, message }: NonNullable<Greeting['error']>,
  { database }: ProbeContext,
  well: Judged,
): Pick<Verdict, 'login' | 'health'> {
  const said = oneLine(message, 160);
  // Nobody’s own login was tried: what is said of it says nothing.
  if (database === null && (code.startsWith('28') || code === '3D000')) {
    return { login: unknown('wants a login', 'Programs need user, password and database.'), health: well };
  }
  const user = database?.user ?? 'postgres';
  switch (code) {
    case '28P01':
      return {
        login: failedLink(
          `PostgreSQL refuses the password that is kept for ${user}`,
          'It was changed on the server, or there is no such user. Set the stack up again with the right one.',
          { kind: 'open-setup' },
          { kind: 'retry' },
        ),
        health: well,
      };
    case '28000':
      return {
        login: failedLink(
          `PostgreSQL does not let ${user} in: ${said}`,
          'Its pg_hba.conf says who may come from where.',
          {
            kind: 'retry',
          },
        ),
        health: well,
      };
    case '3D000':
      return {
        login: failedLink(`there is no database ${database?.database ?? ''}`, 'Create it, or correct its name.', {
          kind: 'open-setup',
        }),
        health: well,
      };
    case '53300':
      return { login: notTold, health: failedLink('PostgreSQL has too many connections', said, { kind: 'retry' }) };
    case '53100':
      return { login: notTold, health: failedLink('PostgreSQL’s disk is full', said, { kind: 'open-doctor' }) };
    case '57P03':
      return {
        login: notTold,
        health: failedLink(`PostgreSQL does not take logins now: ${said}`, 'It is starting, stopping or recovering.', {
          kind: 'retry',
        }),
      };
    default:
      if (/no space left on device/i.test(message)) {
        return { login: notTold, health: failedLink('PostgreSQL’s disk is full', said, { kind: 'open-doctor' }) };
      }
      return {
        login: notTold,
        health: failedLink(`PostgreSQL says: ${said}`, `SQLSTATE ${oneLine(code, 5)}`, { kind: 'retry' }),
      };
  }
}
