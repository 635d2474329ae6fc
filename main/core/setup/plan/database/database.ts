/** Where MLflow keeps its runs: a SQLite file, PostgreSQL on the server, or PostgreSQL elsewhere. */
import type { PlanRemark } from '../../../../shared/setup/plan.ts';
import type { DatabasePart, MlflowPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { makeRoom } from '../change.ts';
import { emptyPart, type PlanContext, type WiredPart } from '../component.ts';
import { externalDatabase } from './external.ts';
import { movesData, moveRemarks, moveSteps, sqliteStep } from './move.ts';
import { localPostgres } from './postgres.ts';
import { mlflowDataDir } from '../mlflow/setting.ts';

export function databasePart(context: PlanContext, mlflow: MlflowPart): WiredPart {
  const { part, wiring } = partFor(context, mlflow.database);
  return {
    part: {
      ...part,
      steps: mlflow.database.kind === 'sqlite' ? part.steps : [sqliteStep(context, mlflow), ...part.steps],
      remarks: [
        ...part.remarks,
        ...moveRemarks(context, mlflow),
        ...leftBehind(context, mlflow),
        ...begun(context, mlflow),
      ],
    },
    wiring: movesData(context, mlflow)
      ? { ...wiring, stepsBeforeStart: (program) => moveSteps(context, wiring, program) }
      : wiring,
  };
}

function partFor(context: PlanContext, database: DatabasePart): WiredPart {
  switch (database.kind) {
    case 'sqlite':
      return {
        part: emptyPart,
        wiring: {
          pythonPackages: [],
          // Four slashes: an absolute path. A relative one would depend on where the service is started.
          printUri: `printf %s ${quoted(`sqlite:///${mlflowDataDir(context)}/mlflow.db`)}`,
          printEnv: '',
          secrets: [],
          after: [],
        },
      };
    case 'postgres':
      return localPostgres(context, database);
    case 'external-postgres':
      return externalDatabase(context, database);
    default:
      return database satisfies never;
  }
}

/** Runs in a PostgreSQL that the new stack does not use: they are not moved, and nobody should find out afterwards. */
function leftBehind({ finished }: PlanContext, { database }: MlflowPart): readonly PlanRemark[] {
  const before = finished?.mlflow?.database;
  if (before === undefined || before.kind === 'sqlite' || placeOf(before) === placeOf(database)) return [];
  if (database.kind === 'sqlite') {
    return [
      {
        level: 'stop',
        message: `Runs in ${placeOf(before)} can’t be moved to a SQLite file: MLflow would start without them.`,
        hint: `Keep a stack with PostgreSQL. To begin anew without those runs: ${makeRoom}`,
      },
    ];
  }
  const later =
    before.kind === 'postgres' ? ' Uninstalling takes the old one off too, its data only if you say so.' : '';
  return [
    {
      level: 'warning',
      message: `The runs so far stay in ${placeOf(before)}; MLflow goes on with ${placeOf(database)}.`,
      hint: `Only data in SQLite is moved to PostgreSQL. From one PostgreSQL to another use pg_dump and pg_restore.${later}`,
    },
  ];
}

/** A run that came to no end may have led MLflow to a PostgreSQL already. */
function begun({ present, finished }: PlanContext, { database }: MlflowPart): readonly PlanRemark[] {
  const before = present?.mlflow?.database;
  if (before === undefined || before.kind === 'sqlite') return [];
  const place = placeOf(before);
  const known = [database, ...(finished?.mlflow ? [finished.mlflow.database] : [])];
  if (known.some((each) => placeOf(each) === place)) return [];
  return [
    {
      level: 'warning',
      message: `The change to ${place} was begun and not finished: runs that are there already stay there. MLflow goes on with ${placeOf(database)}.`,
      hint: null,
    },
  ];
}

function placeOf(database: DatabasePart): string {
  switch (database.kind) {
    case 'sqlite':
      return 'a SQLite file';
    case 'postgres':
      return `the database ${database.name} on the server`;
    case 'external-postgres':
      return `the database ${database.name} at ${database.host}:${String(database.port)}`;
    default:
      return database satisfies never;
  }
}
