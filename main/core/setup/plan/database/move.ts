/** From SQLite to PostgreSQL: every row, compared afterwards; the old file stays where it is. */
import type { PlanRemark, Step } from '../../../../shared/setup/plan.ts';
import type { MlflowPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';
import { serviceAccount, step, type PlanContext, type Wiring } from '../component.ts';
import { moveScript } from './move-script.ts';
import { mlflowDataDir } from '../mlflow/setting.ts';
import { unitName } from '../places.ts';

/**
 * What was wished for once stays so: a run that was cut off has left the new stack as the present one, and the next must
 * not go on with an empty database because nothing is said of the old one any more.
 */
const wish = ({ present }: PlanContext, { database }: MlflowPart): 'move' | 'fresh' | null => {
  if (database.kind === 'sqlite') return null;
  const before = present?.mlflow?.database;
  return database.fromSqlite ?? (before && before.kind !== 'sqlite' ? before.fromSqlite : null);
};

export const movesData = (context: PlanContext, mlflow: MlflowPart): boolean => wish(context, mlflow) === 'move';

export function moveRemarks(context: PlanContext, mlflow: MlflowPart): readonly PlanRemark[] {
  const before = context.finished?.mlflow;
  if (before?.database.kind !== 'sqlite' || mlflow.database.kind === 'sqlite') return [];
  const oldDir = before.dataDir ?? context.places.dataDir;
  switch (wish(context, mlflow)) {
    case null:
      return [
        {
          level: 'stop',
          message: `MLflow keeps its runs in a SQLite file now (${oldDir}/mlflow.db). Say what becomes of them.`,
          hint: 'Set “Runs in SQLite so far” to moving them to PostgreSQL, or to starting fresh (the file is kept).',
        },
      ];
    case 'fresh':
      return [
        {
          level: 'warning',
          message: 'MLflow starts without the runs that it has now.',
          hint: `They stay in ${oldDir}/mlflow.db.`,
        },
      ];
    case 'move':
      return [];
    default:
      throw new Error('not reached');
  }
}

/**
 * Comes before anything is installed, whatever is wished for: the last word is not with what is known of the present
 * stack but with the file. So also after an uninstallation, or several runs that were cut off, nothing is left behind
 * in silence.
 */
export function sqliteStep(context: PlanContext, mlflow: MlflowPart): Step {
  const wished = wish(context, mlflow);
  const file = `${mlflowDataDir(context)}/mlflow.db`;
  return step(context, {
    id: 'database-sqlite',
    title: 'See whether runs are in SQLite',
    why: 'MLflow would start without them: they are moved or left where they are, as you say.',
    define: [`old=${quoted(file)}`, `account=${quoted(serviceAccount(context))}`].join('\n'),
    check:
      wished === 'move'
        ? 'true'
        : '[ ! -s "$old" ] || [ -e "$old.left" ] || grep -qsF "$(stat -c "size %s, changed %Y:" "$old")" "$old.moved"',
    apply:
      wished === 'fresh'
        ? `
stat -c 'size %s, changed %Y: these rows were left here' "$old" | put_file "$old.left" 644 "$account"
echo "MLflow starts fresh. The runs so far stay in $old"`
        : `
echo "MLflow has kept runs in $old. Say what becomes of them (database.from-sqlite): move them to PostgreSQL, or start" >&2
echo 'fresh, which leaves the file where it is.' >&2
exit 1`,
    removeData: 'rm -f "$old.left"',
  });
}

export function moveSteps(context: PlanContext, wiring: Wiring, program: string): readonly Step[] {
  const { stack } = context;
  return [
    step(context, {
      id: 'database-move',
      title: 'Move the runs from SQLite to PostgreSQL',
      why: 'Every row of every table, compared afterwards, in one transaction. MLflow stops meanwhile; the old file is kept.',
      secrets: wiring.secrets,
      define: [
        `data_dir=${quoted(mlflowDataDir(context))}`,
        `account=${quoted(serviceAccount(context))}`,
        `unit=${quoted(unitName('mlflow', stack.environment))}`,
        `program=${quoted(program)}`,
        moveFunctions,
        'database_uri() {',
        wiring.printUri,
        '}',
        'move() {',
        '  {',
        '    database_uri',
        '    echo',
        "    cat <<'PYTHON'",
        moveScript,
        'PYTHON',
        `  } | as_user "$account" "$program/bin/python" -c 'import sys; uri = sys.stdin.readline().rstrip("\\n"); exec(sys.stdin.read())' "$1"`,
        '}',
      ].join('\n'),
      check: `
if [ -s "$old" ]; then [ "$(old_state)" = "$(cat "$moved" 2>/dev/null)" ]; fi`,
      apply: `
${wiring.secrets
  .map(
    (name) =>
      `if ! has_secret ${name}; then\n  echo 'The password of the database (${name}) is needed to move the runs there: run this again and tell it.' >&2\n  exit 1\nfi`,
  )
  .join('\n')}
room
rest_mlflow
if ! { copy_old && move "$copy"; }; then
  drop_copy
  wake_mlflow
  echo "The runs were not moved; they are in $old as before." >&2
  exit 1
fi
drop_copy
old_state | put_file "$moved" 644 "$account"
rm -f "$resting"
echo "The old file is kept: $old"`,
      undo: `
drop_copy
wake_mlflow`,
      removeData: 'rm -f "$moved" "$old" "$old-wal" "$old-shm"',
      data: `the SQLite file from before, ${mlflowDataDir(context)}/mlflow.db`,
    }),
  ];
}

const moveFunctions = String.raw`
old=$data_dir/mlflow.db
copy=$data_dir/mlflow.db.moving
# Beside the data, since it outlives an uninstallation: size and time of the file whose rows are in PostgreSQL.
moved=$data_dir/mlflow.db.moved
# There while MLflow is stopped by this step.
resting=$MOORING_STACK/database-moving

old_state() { stat -c 'size %s, changed %Y: these rows are in PostgreSQL' "$old"; }

# room: for the copy that is worked on.
room() {
  room_needed=$(($(stat -c %s "$old") / 1024 + 102400))
  room_free=$(df -Pk "$data_dir" | awk 'NR == 2 { print $4 }')
  if [ "$room_free" -lt "$room_needed" ]; then
    echo "There is no room for a copy of $old: $((room_free / 1024)) MB are free in $data_dir, $((room_needed / 1024)) MB are needed." >&2
    return 1
  fi
}

rest_mlflow() {
  if units is-active -q "$unit"; then
    say 'stops MLflow'
    mkdir -p "$MOORING_STACK"
    : >"$resting"
    units stop "$unit"
  fi
}
# wake_mlflow: with its settings as they were, so that people can go on with the old file.
wake_mlflow() {
  if [ -e "$resting" ]; then
    units start "$unit" 2>/dev/null || true
    rm -f "$resting"
  fi
}

# copy_old: with what SQLite keeps beside the file where it was cut off. The copy is brought to the new form, not the file.
copy_old() {
  drop_copy
  say 'copies the SQLite file'
  (
    umask 077
    for each in '' -wal -journal; do
      if [ -e "$old$each" ]; then cp "$old$each" "$copy$each" || exit 1; fi
    done
  ) || return 1
  if [ "$(id -u)" = 0 ]; then chown "$account:" "$copy"*; fi
}
drop_copy() { rm -f "$copy" "$copy-wal" "$copy-shm" "$copy-journal"; }
`.trim();
