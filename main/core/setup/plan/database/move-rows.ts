/** The part of the mover that knows rows: in a form that is the same on both sides, and on their way by COPY. */
export const moveRows = String.raw`
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
        self.tally, self.rest, self.trouble = Tally(), "", None
    def readable(self):
        return True
    def read(self, size=-1):
        try:
            return self.more(size)
        except Trouble as error:
            # COPY itself tells only that something went wrong here.
            self.trouble = error
            raise
    def more(self, size):
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
`.trim();
