/**
 * Moves MLflow's rows from a copy of its SQLite file to PostgreSQL, with MLflow's own Python. Given before: `uri`; first
 * argument: the copy. One transaction: it is either all there or as before, so a run that is cut off is simply begun
 * anew. Rows that MLflow itself puts into a new database (its usual experiment) make way; anything else does not.
 */
import { moveRows } from './move-rows.ts';

const preparing = String.raw`
import datetime, decimal, hashlib, io, json, logging, os, sqlite3, struct, sys, warnings

warnings.simplefilter("ignore")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
copy = sys.argv[1]

class Trouble(Exception):
    pass

def say(text):
    print(os.environ.get("MOORING_SAY", "@@say ") + text, flush=True)

def prepare():
    """Both sides in the form of this MLflow. Without its command line, where the URI would be seen by everybody."""
    logging.disable(logging.WARNING)
    from mlflow.store.db import utils
    say("brings the copy to the form of this MLflow")
    source = utils.create_sqlalchemy_engine_with_retry("sqlite:///" + copy)
    utils._upgrade_db(source)
    source.dispose()
    say("makes the tables in PostgreSQL")
    target = utils.create_sqlalchemy_engine_with_retry(uri)
    from sqlalchemy import inspect
    found = inspect(target).get_table_names()
    if "alembic_version" in found:
        utils._upgrade_db(target)
    elif "experiments" in found:
        raise Trouble("The database holds tables that are not those of a whole MLflow. Choose an empty one.")
    else:
        utils._initialize_tables(target)
    return target
`.trim();

const moving = String.raw`
def described(cursor):
    """The tables of PostgreSQL, those that others refer to first."""
    cursor.execute("SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
        " AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = ''"
        " ORDER BY c.relname, a.attnum")
    columns = {}
    for table, column, kind in cursor.fetchall():
        columns.setdefault(table, []).append((column, kind))
    cursor.execute("SELECT o.relname, t.relname FROM pg_constraint f JOIN pg_class o ON o.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid"
        " WHERE f.contype = 'f' AND o.relnamespace = current_schema()::regnamespace AND o.oid <> t.oid")
    needs = {}
    for table, other in cursor.fetchall():
        needs.setdefault(table, set()).add(other)
    order = []
    while len(order) < len(columns):
        ready = sorted(each for each in columns if each not in order and needs.get(each, set()) <= set(order))
        if not ready:
            raise Trouble("The tables refer to each other in a circle.")
        order += ready
    return [Table(name, columns[name]) for name in order]

def read_back(connection, table):
    tally = Tally()
    with connection.cursor(name="mooring_" + hashlib.md5(table.name.encode()).hexdigest()) as cursor:
        cursor.itersize = 5000
        cursor.execute("SELECT %s FROM %s" % (table.list, table.quoted))
        for values in cursor:
            tally.add(table.row(values))
    return tally

def occupied(connection, cursor, tables):
    """What is in PostgreSQL beyond what MLflow puts into a new database: none, or a table that has rows."""
    for table in tables:
        if table.name in ("alembic_version", "workspaces"):
            continue
        query = "SELECT count(*) FROM %s" % table.quoted
        if table.name == "experiments":
            query += " WHERE experiment_id <> 0"
        cursor.execute(query)
        if cursor.fetchone()[0]:
            return table.name
    return None

def rows_of(source, table):
    return iter(source.execute("SELECT %s FROM %s" % (table.list, table.quoted)))

def fit(source, tables):
    """Both sides have the same tables and columns, at the same revision."""
    theirs = {table.name: table for table in tables}
    found = [name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")]
    for name in found:
        if name not in theirs:
            if source.execute("SELECT count(*) FROM " + quote(name)).fetchone()[0]:
                raise Trouble("The table %s of the SQLite file is not one of MLflow's, and would be lost." % name)
            continue
        # What the database computes itself (the last field is not 0) is neither copied nor compared.
        columns = {row[1] for row in source.execute("PRAGMA table_xinfo(%s)" % quote(name)) if row[6] == 0}
        if columns != set(theirs[name].columns):
            raise Trouble("The table %s has other columns in SQLite: %s." % (name, ", ".join(sorted(columns ^ set(theirs[name].columns)))))
    missing = [name for name in theirs if name not in found]
    if missing:
        raise Trouble("These tables are in the PostgreSQL but not in SQLite: %s. Choose a database of MLflow's own." % ", ".join(missing))
    orphans = source.execute("PRAGMA foreign_key_check").fetchmany(3)
    if orphans:
        raise Trouble("SQLite holds rows whose owner is gone, which PostgreSQL does not take: %s." % ", ".join("%s (row %s, of %s)" % row[:3] for row in orphans))

def sequences(cursor, tables):
    for table in tables:
        for column, kind in zip(table.columns, table.kinds):
            if kind != "int":
                continue
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", (table.quoted, column))
            name = cursor.fetchone()[0]
            if name is not None:
                cursor.execute("SELECT setval(%%s, greatest(max(%s), 1), coalesce(max(%s), 0) > 0) FROM %s" % (quote(column), quote(column), table.quoted), (name,))

def main():
    engine = prepare()
    import psycopg2.extras
    connection = engine.raw_connection().driver_connection
    connection.set_session(autocommit=False)
    psycopg2.extras.register_default_json(connection, loads=lambda text: text)
    psycopg2.extras.register_default_jsonb(connection, loads=lambda text: text)
    source = sqlite3.connect("file:%s?mode=ro" % copy.replace("%", "%25").replace("?", "%3f").replace("#", "%23"), uri=True)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '60s'; SET extra_float_digits = 3; SET TIME ZONE 'UTC'")
        tables = described(cursor)
        fit(source, tables)
        where = occupied(connection, cursor, tables)
        if where is None:
            cursor.execute("TRUNCATE " + ", ".join(table.quoted for table in tables))
        else:
            say("compares what is there already")
        total = 0
        for number, table in enumerate(tables, 1):
            title = "%s (table %d of %d)" % (table.name, number, len(tables))
            if where is None:
                if source.execute("SELECT 1 FROM %s LIMIT 1" % table.quoted).fetchone():
                    say("copies " + title)
                stream = Stream(table, rows_of(source, table), title)
                try:
                    cursor.copy_expert("COPY %s (%s) FROM STDIN" % (table.quoted, table.list), stream, 1 << 20)
                except Exception as error:
                    raise stream.trouble or Trouble("PostgreSQL does not take a row of %s: %s" % (table.name, error))
                there = stream.tally
            else:
                there = Tally()
                for values in rows_of(source, table):
                    there.add(table.row(values))
            back = read_back(connection, table)
            if back != there:
                if where is not None:
                    raise Trouble("The database has other runs already (rows in %s): the two are not mixed. Choose an empty database, or start fresh." % where)
                raise Trouble("After copying %s PostgreSQL has %d rows that differ from the %d of SQLite." % (table.name, back.count, there.count))
            total += there.count
            if there.count:
                print("%s: %d rows" % (table.name, there.count), flush=True)
        sequences(cursor, tables)
    connection.commit()
    connection.close()
    print("%d rows in %d tables are the same in PostgreSQL as in SQLite." % (total, len(tables)))

def hidden(text):
    """Nothing of the password, however it is written."""
    import re
    from urllib.parse import unquote
    text = re.sub(r"://[^@\s]*@", "://…@", text)
    secret = uri.split("://", 1)[1].split("@", 1)[0].split(":", 1)[-1]
    for each in (secret, unquote(secret)):
        if each:
            text = text.replace(each, "…")
    return text

try:
    main()
except Trouble as error:
    sys.exit(hidden(str(error)))
except Exception as error:
    sys.exit(hidden("%s: %s" % (type(error).__name__, error)))
`.trim();

export const moveScript = [preparing, moveRows, moving].join('\n\n');
