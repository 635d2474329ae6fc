/** The part of the probe that speaks PostgreSQL's protocol: login by every kind of password, queries, errors in words. */
export const probeLogin = String.raw`
def prepared(secret):
    """As PostgreSQL's own clients prepare a password that is not plain ASCII (SASLprep), or leave it."""
    import stringprep, unicodedata
    try:
        text = secret.decode("utf-8")
    except UnicodeDecodeError:
        return secret
    if all(ord(each) < 128 for each in text):
        return secret
    mapped = "".join(" " if stringprep.in_table_c12(each) else each for each in text if not stringprep.in_table_b1(each))
    result = unicodedata.normalize("NFKC", mapped)
    banned = (stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
              stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
              stringprep.in_table_c9, stringprep.in_table_a1)
    if not result or any(test(each) for each in result for test in banned):
        return secret
    if any(stringprep.in_table_d1(each) for each in result):
        ends = stringprep.in_table_d1(result[0]) and stringprep.in_table_d1(result[-1])
        if not ends or any(stringprep.in_table_d2(each) for each in result):
            return secret
    return result.encode("utf-8")

class Session:
    def __init__(self, link):
        self.link = link
        words = [b"user", user.encode(), b"database", database.encode(), b"application_name", b"mooring", b"client_encoding", b"UTF8"]
        body = struct.pack("!i", 196608) + b"".join(each + b"\0" for each in words) + b"\0"
        link.sendall(struct.pack("!i", len(body) + 4) + body)

    def send(self, kind, body):
        self.link.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def read(self):
        kind, length = struct.unpack("!ci", receive(self.link, 5))
        body = receive(self.link, length - 4)
        if kind == b"E":
            fields = dict((part[:1].decode(), part[1:].decode("utf-8", "replace")) for part in body.split(b"\0") if part)
            explain(fields)
        return kind, body

    def close(self):
        self.send(b"X", b"")
        self.link.close()

    def login(self):
        while True:
            kind, body = self.read()
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            how = struct.unpack("!i", body[:4])[0]
            if how == 3:
                self.send(b"p", password + b"\0")
            elif how == 5:
                inner = hashlib.md5(password + user.encode()).hexdigest().encode()
                self.send(b"p", b"md5" + hashlib.md5(inner + body[4:8]).hexdigest().encode() + b"\0")
            elif how == 10:
                if b"SCRAM-SHA-256" not in body[4:].split(b"\0"):
                    tell("%s asks for a kind of login that is not known here." % where, "Let it take passwords (scram-sha-256).")
                self.scram()
            elif how not in (0, 12):
                tell("%s asks for another kind of login than a password (Kerberos or the like)." % where,
                     "Let it take a password from this user (scram-sha-256 in pg_hba.conf).")

    def scram(self):
        nonce = base64.b64encode(os.urandom(18)).decode()
        first = "n=,r=" + nonce
        message = ("n,," + first).encode()
        self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(message)) + message)
        challenge = self.read()[1][4:].decode()
        parts = dict(each.split("=", 1) for each in challenge.split(","))
        if not parts["r"].startswith(nonce):
            tell("%s answered the login in a wrong way." % where, "It may be another server than it says it is.")
        salted = hashlib.pbkdf2_hmac("sha256", prepared(password), base64.b64decode(parts["s"]), int(parts["i"]))
        sign = lambda key, text: hmac.new(key, text, hashlib.sha256).digest()
        last = "c=biws,r=" + parts["r"]
        whole = ",".join([first, challenge, last]).encode()
        key = sign(salted, b"Client Key")
        proof = bytes(a ^ b for a, b in zip(key, sign(hashlib.sha256(key).digest(), whole)))
        self.send(b"p", (last + ",p=" + base64.b64encode(proof).decode()).encode())
        answer = self.read()[1][4:].decode()
        if answer != "v=" + base64.b64encode(sign(sign(salted, b"Server Key"), whole)).decode():
            tell("%s does not know the password itself." % where, "It may be another server than it says it is.")

    def ask(self, query):
        self.send(b"Q", query.encode() + b"\0")
        rows = []
        while True:
            kind, body = self.read()
            if kind == b"Z":
                return rows
            if kind == b"D":
                row, at = [], 2
                for _ in range(struct.unpack("!h", body[:2])[0]):
                    length = struct.unpack("!i", body[at:at + 4])[0]
                    at += 4
                    row.append(None if length < 0 else body[at:at + length].decode("utf-8", "replace"))
                    at += max(length, 0)
                rows.append(row)

def explain(fields):
    """By code and place in PostgreSQL's source, since the words may be in any language. They are shown as well."""
    code, routine = fields.get("C", ""), fields.get("R", "")
    said = "%s: %s" % (where, fields.get("M", ""))
    grant = "Let an administrator run in this database: "
    if code == "28P01":
        tell(said, "The password is wrong, or there is no user %s. (PostgreSQL does not tell which.)" % user)
    if code == "28000" and routine == "InitializeSessionUserId":
        tell(said, "There is no user %s that may log in. Let an administrator make it, with LOGIN." % user)
    if code == "28000":
        tell(said, "The database does not let this user in from this server's address. Add to its pg_hba.conf: hostssl \"%s\" \"%s\" ADDRESS/32 "
             "scram-sha-256 (managed ones: the network or firewall settings, and the exact form of the user's name)." % (database, user))
    if code == "3D000":
        tell(said, "There is no database %s. Let an administrator run: CREATE DATABASE \"%s\" OWNER \"%s\"" % (database, database, user))
    if code == "42501" and routine in ("InitPostgres", "CheckMyDatabase"):
        tell(said, "%s may not use this database. Let an administrator run: GRANT CONNECT, TEMPORARY ON DATABASE \"%s\" TO \"%s\"" % (user, database, user))
    if code in ("42501", "3F000"):
        tell(said, "%s may not make tables. (From PostgreSQL 15 on, only a database's owner may at first.) " % user + grant
             + "GRANT USAGE, CREATE ON SCHEMA public TO \"%s\"" % user)
    if code == "25006":
        tell(said, "This is a copy for reading only, or the user is set to read only. Use the address of the primary.")
    if code == "53300":
        tell(said, "It has no connection free. End others, or allow more (max_connections, or the user's CONNECTION LIMIT).")
    if code == "57P03":
        tell(said, "It is starting, stopping or recovering. Try again in a minute.")
    if code == "53100":
        tell(said, "The disk of the database is full.")
    tell("%s (%s)" % (said, code), "The database refused it with these words.")
`.trim();
