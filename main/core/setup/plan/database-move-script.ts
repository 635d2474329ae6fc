/**
 * Moves MLflow's rows from a copy of its SQLite file to PostgreSQL, with MLflow's own Python. Given before: `uri`; first
 * argument: the copy. One transaction: it is either all there or as before, so a run that is cut off is simply begun
 * anew. Rows that MLflow itself puts into a new database (its usual experiment) make way; anything else does not.
 */
export const moveScript = String.raw`
import datetime, decimal, hashlib, io, json, logging, os, sqlite3, struct, sys, warnings

warnings.simplefilter("ignore")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
copy = sys.argv[1]

class Trouble(Exception):
    pass

def say(text):
    print("@@say " + text, flush=True)

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

# A value in a form that is the same on both sides, so that rows can be compared.

def plain(kind, value):
    if value is None:
        return None
    if kind == "bool":
        if value not in (0, 1):
            raise Trouble("%r is neither yes nor no." % (value,))
        return bool(value)
    if kind == "int":
        if isinstance(value, str) or int(value) != value:
            raise Trouble("%r is not a whole number." % (value,))
        return int(value)
    if kind == "float":
        return float(value)
    if kind == "bytes":
        return bytes(value, "utf-8") if isinstance(value, str) else bytes(value)
    if kind == "time":
        return value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
    if kind == "day":
        return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value)[:10])
    if kind == "moment":
        moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
        return moment.astimezone(datetime.timezone.utc) if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
    if kind == "number":
        return decimal.Decimal(str(value)).normalize()
    if kind == "float4":
        return struct.unpack("f", struct.pack("f", value))[0]
    if kind == "jsonb":
        return json.dumps(json.loads(value), sort_keys=True)
    if isinstance(value, bytes):
        raise Trouble("There are bytes where a text should be.")
    return str(value)

def digest(row):
    """Of a row; added up they are the same in any order."""
    one = hashlib.blake2b(digest_size=16)
    for value in row:
        shown = b"-" if value is None else (value.hex() if isinstance(value, float) else repr(value)).encode("utf-8", "surrogatepass")
        one.update(b"%d:" % len(shown) + shown)
    return int.from_bytes(one.digest(), "big")

class Tally:
    def __init__(self):
        self.count, self.sum = 0, 0
    def add(self, row):
        self.count += 1
        self.sum = (self.sum + digest(row)) % (1 << 128)
    def __eq__(self, other):
        return (self.count, self.sum) == (other.count, other.sum)

kinds = {"boolean": "bool", "smallint": "int", "integer": "int", "bigint": "int", "real": "float4", "double precision": "float",
         "bytea": "bytes", "json": "text", "jsonb": "jsonb", "timestamp without time zone": "time",
         "timestamp with time zone": "moment", "date": "day", "numeric": "number", "uuid": "text"}

class Table:
    def __init__(self, name, columns):
        self.name = name
        self.columns = [column for column, _ in columns]
        self.kinds = []
        for column, kind in columns:
            known = kinds.get(kind, "text" if kind.startswith(("character", "text")) else None)
            if known is None:
                raise Trouble("The column %s.%s is of a kind that is not known here (%s)." % (name, column, kind))
            self.kinds.append(known)
        self.quoted = quote(name)
        self.list = ", ".join(quote(column) for column in self.columns)

    def row(self, values):
        try:
            return [plain(kind, value) for kind, value in zip(self.kinds, values)]
        except (Trouble, ValueError, TypeError, OverflowError) as error:
            shown = dict(zip(self.columns, (str(each)[:60] for each in values)))
            raise Trouble("A row of %s does not fit into PostgreSQL: %s The row: %s" % (self.name, error, shown))

def quote(name):
    return '"' + name.replace('"', '""') + '"'

escapes = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})

def copied(value):
    """As COPY takes it."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, float):
        return repr(value)
    return str(value).translate(escapes)

class Stream(io.TextIOBase):
    """The rows of a table as COPY reads them, a few at a time; counts and adds them up on the way."""
    def __init__(self, table, rows, title):
        self.table, self.rows, self.title = table, rows, title
        self.tally, self.rest = Tally(), ""
    def readable(self):
        return True
    def read(self, size=-1):
        lines, length = [self.rest], len(self.rest)
        while size < 0 or length < size:
            values = next(self.rows, None)
            if values is None:
                break
            row = self.table.row(values)
            line = "\t".join(copied(value) for value in row) + "\n"
            if "\0" in line:
                raise Trouble("A text in %s holds a zero byte, which PostgreSQL has no room for. The row: %s" % (self.table.name, [str(each)[:60] for each in row]))
            self.tally.add(row)
            if self.tally.count % 100000 == 0:
                say("%s: %d rows" % (self.title, self.tally.count))
            lines.append(line)
            length += len(line)
        text = "".join(lines)
        if size < 0:
            size = len(text)
        self.rest = text[size:]
        return text[:size]

def described(cursor):
    """The tables of PostgreSQL, those that others refer to first."""
    cursor.execute("SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"
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
        columns = {row[1] for row in source.execute("PRAGMA table_info(%s)" % quote(name))}
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
                say("copies " + title)
                stream = Stream(table, rows_of(source, table), title)
                cursor.copy_expert("COPY %s (%s) FROM STDIN" % (table.quoted, table.list), stream, 1 << 20)
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
