/**
 * Looks at a PostgreSQL elsewhere as MLflow will use it, and says in words what is in the way. Python's own library
 * alone: it runs before anything is installed, also without root, and tells apart what psql's messages leave open (a
 * name mismatch from an unknown issuer, a firewall from a closed port), whatever language the server speaks.
 *
 * Arguments: host, port, database, user, sslmode, file of trusted certificates (empty: none). Given before: `password`
 * in bytes. Ends with 0, or with 1 and the cause and what to do on stderr. The tables that it makes are rolled back.
 */
import { probeLogin } from './probe-login.ts';

const probeConnection = String.raw`
import base64, errno, hashlib, hmac, os, select, socket, ssl, struct, sys

host, port, database, user, mode, trusted = sys.argv[1:7]
where = "%s:%s" % (host, port)

def tell(cause, advice):
    sys.stdout.flush()
    sys.stderr.write(cause + "\n" + advice + "\n")
    sys.exit(1)

def addresses():
    try:
        return socket.getaddrinfo(host, int(port), 0, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            tell("The name %s could not be looked up now: no name server answered." % host,
                 "See whether this server reaches its name servers (/etc/resolv.conf), and try again.")
        tell("The name %s does not exist, seen from this server." % host,
             "Look for a typing error. A private name (of a VPC, say) is known only to machines of that network.")
    except UnicodeError:
        tell("%s is not a host name." % host, "Look for a typing error.")

def connect(quiet=False):
    troubles = []
    for family, kind, protocol, _, address in addresses():
        link = None
        try:
            link = socket.socket(family, kind, protocol)
            link.settimeout(10)
            link.connect(address)
            return link
        except (OSError, socket.timeout) as error:
            if link is not None:
                link.close()
            troubles.append((address[0], error))
    codes = [error.errno for _, error in troubles]
    tried = ", ".join(sorted(set(address for address, _ in troubles)))
    if errno.ECONNREFUSED in codes:
        tell("Port %s of %s (%s) is closed: it refused the connection." % (port, host, tried),
             "Look at the port, and whether PostgreSQL runs there and listens beyond its own loopback (listen_addresses).")
    if errno.ENETUNREACH in codes or errno.EHOSTUNREACH in codes:
        tell("There is no route from this server to %s (%s)." % (host, tried),
             "The database may be in a private network that this server is not part of, or it is switched off.")
    tell("%s (%s) did not answer on port %s within 10 seconds." % (host, tried, port),
         "A firewall or security group swallows the connection: let this server's address in on port %s, on the side of the database." % port)

def receive(link, count):
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data

def trust(check_name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if trusted else ssl.CERT_NONE
    if trusted:
        try:
            context.load_verify_locations(trusted)
        except (OSError, ssl.SSLError) as error:
            tell("The certificates to trust in %s can't be read: %s." % (trusted, error),
                 "Hand in certificates in PEM, whole, with their BEGIN and END lines.")
    if check_name:
        context.check_hostname = True
    return context

def begin_tls(check_name):
    link = connect()
    try:
        link.sendall(struct.pack("!ii", 8, 80877103))
        answer = receive(link, 1)
    except (EOFError, OSError):
        tell("What answers on %s is not a PostgreSQL." % where, "Look at host and port: PostgreSQL is usually on 5432.")
    if answer == b"N":
        tell("The PostgreSQL at %s offers no TLS." % where,
             "Switch it on there (ssl = on, with a certificate): without it password and data would go in the clear.")
    # A server that speaks first and begins with an S (SSH does) has more to say; PostgreSQL waits now.
    if answer != b"S" or select.select([link], [], [], 0.05)[0]:
        tell("What answers on %s is not a PostgreSQL." % where, "Look at host and port: PostgreSQL is usually on 5432.")
    return trust(check_name).wrap_socket(link, server_hostname=host)

def names_there():
    try:
        found = begin_tls(False).getpeercert() or {}
    except (OSError, EOFError):
        return "another name"
    names = [value for kind, value in found.get("subjectAltName", ())]
    if not names:
        names = [value for part in found.get("subject", ()) for kind, value in part if kind == "commonName"]
    return ", ".join(names[:5]) or "no name at all"

def secured():
    try:
        return begin_tls(mode == "verify-full")
    except ssl.SSLError as error:
        code = getattr(error, "verify_code", 0)
        if code in (62, 64):
            tell("The certificate of %s is for %s, not for %s." % (where, names_there(), host),
                 "Use a host name that the certificate has, or choose to check the certificate without its name.")
        if code == 9:
            tell("The certificate of %s is not valid yet, by this server's clock." % where, "Set the clock of this server right.")
        if code == 10:
            tell("The certificate of %s has expired, by this server's clock." % where,
                 "Renew it there; or set the clock of this server right if it is wrong.")
        if code:
            reason = getattr(error, "verify_message", "")
            tell("The certificate of %s is not trusted here: %s." % (where, reason),
                 "Hand in the certificates of the provider (for RDS: global-bundle.pem) as certificates to trust.")
        tell("No TLS connection came about with %s: %s." % (where, getattr(error, "reason", None) or error),
             "Very old servers know no TLS 1.2; else look at the certificate and key set there.")
    except (EOFError, OSError) as error:
        tell("%s ended the connection while TLS was set up (%s)." % (where, type(error).__name__),
             "Something in between may not let TLS through; look at the log of the database.")
`.trim();

const probeRights = String.raw`
def look():
    link = Session(secured())
    link.login()
    [[version, encoding, schema]] = link.ask("SELECT current_setting('server_version'), current_setting('server_encoding'), current_schema()")
    if encoding != "UTF8":
        tell("The database %s keeps text as %s, which has no room for all letters." % (database, encoding),
             "Make it anew with ENCODING 'UTF8' TEMPLATE template0, or choose another database.")
    foreign = link.ask("SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY (current_schemas(false)) AND c.relname IN ('alembic_version', 'experiments', 'runs')"
        " AND c.relkind = 'r' AND NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1")
    if foreign:
        tell("The database %s has tables of MLflow already, but they belong to %s and not to %s." % (database, foreign[0][1], user),
             "Use that user, or let it run in this database: REASSIGN OWNED BY \"%s\" TO \"%s\"" % (foreign[0][1], user))
    link.ask("BEGIN")
    link.ask("CREATE TABLE mooring_check (id integer PRIMARY KEY)")
    link.ask("INSERT INTO mooring_check VALUES (1)")
    link.ask("ROLLBACK")
    print("PostgreSQL %s at %s lets %s in by %s and make tables in %s (schema %s)." % (version, where, user, link.link.version(), database, schema))
    link.close()

try:
    look()
except (EOFError, OSError) as error:
    tell("%s ended the connection in the middle (%s)." % (where, type(error).__name__), "Look at the log of the database; it may have been restarted.")
`.trim();

export const databaseProbe = [probeConnection, probeLogin, probeRights].join('\n\n');
