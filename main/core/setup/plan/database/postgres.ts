/** PostgreSQL on the server itself, over loopback: what is there is used as it is, else Debian's own is installed. */
import type { PlanRemark } from '../../../../shared/setup/plan.ts';
import { emptyPart, type PlanContext, type WiredPart } from '../component.ts';
import { databaseStep } from './postgres-database.ts';
import { installStep, type LocalPostgres } from './postgres-install.ts';

export const psycopg2 = 'psycopg2-binary==2.9.11';

export function localPostgres(context: PlanContext, database: LocalPostgres): WiredPart {
  const { name, user } = database;
  return {
    part: {
      ...emptyPart,
      steps: [installStep(context, database), databaseStep(context, database)],
      remarks: judge(context),
      secrets: [{ name: 'database.password', label: `Password of the database user ${user}`, origin: 'generated' }],
    },
    wiring: {
      pythonPackages: [psycopg2],
      printUri: [
        `database_port=$(cut -d ' ' -f 3 "$MOORING_STACK/postgres") &&`,
        `printf 'postgresql+psycopg2://${user}:%s@127.0.0.1:%s/${name}' "$(secret_url database.password)" "$database_port"`,
      ].join('\n'),
      printEnv: '',
      secrets: ['database.password'],
      after: ['postgresql.service'],
    },
  };
}

function judge({ facts, places, present }: PlanContext): readonly PlanRemark[] {
  if (places.scope === 'user') {
    return [
      {
        level: 'stop',
        message: 'PostgreSQL on the server can only be installed with root’s rights, which this account does not have.',
        hint: 'Log in with an account that may use sudo, use a PostgreSQL elsewhere, or take the quick start with SQLite.',
      },
    ];
  }
  const clusters = facts.services.flatMap((each) => (each.kind === 'cluster' ? [each] : []));
  if (facts.packages.manager !== 'apt-get') {
    return [
      {
        level: 'stop',
        message: `PostgreSQL is installed by apt, which ${facts.system.name ?? 'this system'} does not have.`,
        hint: 'Use a PostgreSQL elsewhere, or take the quick start with SQLite.',
      },
    ];
  }
  if (present?.mlflow?.database.kind === 'postgres') return [];
  const active = clusters.filter((each) => each.active);
  const seenFrom = (port: number) => facts.ports?.find((each) => each.port === port)?.addresses ?? [];
  const open = active.filter(({ port }) => seenFrom(port).some((address) => !/^(127\.|::1$)/.test(address)));
  return [
    ...active.slice(0, 1).map(({ version }): PlanRemark => ({
      level: 'note',
      message: `PostgreSQL ${version} is there already and is used as it is.`,
      hint: 'A database and a role are added. Its settings and what else is in it stay as they are.',
    })),
    ...open.map(({ version, name, port }): PlanRemark => ({
      level: 'warning',
      message: `The PostgreSQL that is there (${version}/${name}) can be reached from outside on port ${String(port)}.`,
      hint: 'It is left so, since others may rely on it. MLflow uses it over 127.0.0.1 only.',
    })),
  ];
}
