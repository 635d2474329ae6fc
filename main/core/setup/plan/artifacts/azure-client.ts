/**
 * A small client of Azure Blob for the server, in Python's standard library alone.
 *
 *     azure_client SETTINGS   SETTINGS as of {@link AzureSettings}, JSON; the credential by stdin, one line
 *
 * It lists, puts, gets and deletes a probe blob. What fails is told in words with what to do, and ends it with 1.
 */
import type { ArtifactsPart } from '../../../../shared/setup/stack.ts';
import { quoted } from '../../../../shared/shell-words.ts';

export type AzureSettings = Pick<
  Extract<ArtifactsPart, { kind: 'azure' }>,
  'account' | 'container' | 'prefix' | 'credential'
>;

export const azureCall = ({ account, container, prefix, credential }: AzureSettings): string =>
  quoted(JSON.stringify({ account, container, prefix, credential }));

export const azureClient = String.raw`
azure_client_program() {
  cat <<'PYTHON'
import base64, binascii, datetime, hashlib, hmac, http.client, json, os, re, socket, ssl, sys, time
import urllib.error, urllib.parse, urllib.request
import xml.etree.ElementTree as tree

settings = json.loads(sys.argv[1])
account, container, prefix = settings["account"], settings["container"], settings["prefix"]
kind = settings["credential"]
credential = sys.stdin.readline().strip()
now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def fail(what, todo):
    sys.stdout.flush()
    sys.stderr.write(what + "\n" + todo + "\n")
    sys.exit(1)


base = "https://%s.blob.core.windows.net" % account
key, sas = None, None
copy = "Copy it again, whole: portal, storage account %s, " % account
if kind == "key":
    key = credential
elif kind == "sas":
    sas = credential
else:
    parts = dict(each.split("=", 1) for each in credential.strip(";").split(";") if "=" in each)
    key, sas = parts.get("AccountKey"), parts.get("SharedAccessSignature")
    if not key and not sas:
        fail("The connection string has neither AccountKey nor SharedAccessSignature.", copy + "Access keys.")
    named = parts.get("AccountName", account)
    if named != account:
        fail("The connection string is for the storage account %s, not for %s." % (named, account),
             "Give the account's own connection string, or set azure.account to %s." % named)
    base = parts.get("BlobEndpoint") or "%s://%s.blob.%s" % (
        parts.get("DefaultEndpointsProtocol", "https"), account, parts.get("EndpointSuffix", "core.windows.net"))
    base = base.rstrip("/")
if key:
    try:
        key = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        fail("The account key is not one: it is no base64.", copy + "Access keys.")
    sas = None
else:
    key, sas = None, (sas or "").lstrip("?")

rights = {"list": "l", "put": "cw", "get": "r", "delete": "d"}
if sas:
    said = dict(urllib.parse.parse_qsl(sas))
    again = "Make a new one for the container with the rights read, create, write, delete and list."
    if "sig" not in said:
        fail("The SAS token is not one: it has no signature (sig=).", "Give the whole token. " + again)
    for name, word in (("se", "has expired: it was good until "), ("st", "is not good yet: it begins at ")):
        moment = re.match(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?", said.get(name, ""))
        if moment:
            at = datetime.datetime.strptime(moment.group(1) + " " + (moment.group(2) or "00:00"), "%Y-%m-%d %H:%M")
            if (at < now) == (name == "se"):
                fail("The SAS token %s%s." % (word, said[name]), again)
    if said.get("sr") == "b":
        fail("The SAS token is for one blob alone.", again)
    if "sp" in said:
        lacks = [word for word, letters in rights.items() if not set(letters) & set(said["sp"])]
        if lacks:
            fail("The SAS token does not allow to %s (it has the rights %s)." % (", ".join(lacks), said["sp"]), again)


class Refused(Exception):
    def __init__(self, status, code, message, headers):
        Exception.__init__(self, code)
        self.status, self.code, self.message, self.headers = status, code, message, headers


def open_url(request):
    host = urllib.parse.urlsplit(request.full_url).hostname
    near = host in ("localhost", "::1") or host.startswith("127.")
    proxies = [urllib.request.ProxyHandler({})] if near else []
    return urllib.request.build_opener(*proxies).open(request, timeout=20)


def ask(method, blob="", query=(), body=None):
    """The whole answer; Refused when the account says no. Tried again where it is only busy."""
    for pause in (1, 2, 4, None):
        try:
            return send(method, blob, query, body)
        except Refused as error:
            if pause is None or error.status not in (500, 502, 503, 504):
                raise
        time.sleep(pause)


def send(method, blob, query, body):
    url = base + "/" + container + ("/" + urllib.parse.quote(blob, safe="/-_.~") if blob else "")
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"x-ms-date": moment, "x-ms-version": "2021-12-02"}
    length, content = "", ""
    if body is not None:
        headers["x-ms-blob-type"] = "BlockBlob"
        headers["Content-Type"] = content = "application/octet-stream"
        length = str(len(body))
    if key is not None:
        ours = "".join("%s:%s\n" % (k, headers[k]) for k in sorted(headers) if k.startswith("x-ms-"))
        place = "/" + account + urllib.parse.urlsplit(url).path + "".join("\n%s:%s" % each for each in sorted(query))
        text = "\n".join([method, "", "", length, "", content, "", "", "", "", "", "", ours + place])
        signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = "SharedKey %s:%s" % (account, signature)
    asked = urllib.parse.urlencode(sorted(query))
    whole = "&".join(each for each in (asked, sas) if each)
    try:
        request = urllib.request.Request(url + ("?" + whole if whole else ""), body, headers, method=method)
        return open_url(request).read()
    except urllib.error.HTTPError as error:
        raise refused(error)


def refused(error):
    found = {}
    try:
        for each in tree.fromstring(error.read().lstrip(b"\xef\xbb\xbf")).iter():
            found.setdefault(each.tag, (each.text or "").strip())
    except (tree.ParseError, OSError, http.client.HTTPException):
        pass
    message = found.get("AuthenticationErrorDetail") or found.get("Message", "").split("\n")[0]
    return Refused(error.code, error.headers.get("x-ms-error-code") or found.get("Code", ""), message, error.headers)


def unreachable(error):
    parts = urllib.parse.urlsplit(base)
    at = "%s:%d" % (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.gaierror):
        fail("There is no storage account %s: the name %s is not known to this server (DNS)." % (account, parts.hostname),
             "Look at the account's name, and whether its public access or private DNS reaches this server.")
    if isinstance(reason, ConnectionRefusedError):
        fail("Nothing listens at %s." % at, "Look at the endpoint in the connection string.")
    if isinstance(reason, ssl.SSLCertVerificationError):
        fail("The certificate of %s is not trusted: %s." % (at, reason.verify_message),
             "Let the server trust who signed it (update-ca-certificates).")
    if isinstance(reason, ssl.SSLError):
        fail("%s does not speak TLS as expected (%s)." % (at, reason.reason), "Is it http:// instead of https://?")
    if isinstance(reason, (socket.timeout, TimeoutError)):
        fail("%s does not answer." % at, "A firewall between, or no route: let the server out to this port.")
    fail("%s can't be reached: %s." % (at, getattr(reason, "strerror", None) or reason),
         "Look at the server's network and at the proxies that are set there.")


def clock(error):
    try:
        theirs = datetime.datetime.strptime(error.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
        return round((now - theirs).total_seconds() / 60)
    except (TypeError, ValueError):
        return 0


def explain(error, action):
    code, message = error.code, error.message
    off = clock(error)
    if error.status == 403 and (abs(off) >= 10 or "date header" in message.lower()):
        fail("The clock of this server is off by %d minutes (%s), so that Azure refuses what it signs."
             % (abs(off), "ahead" if off > 0 else "behind"), "Set the clock: timedatectl set-ntp true, then run this again.")
    if code in ("AuthenticationFailed", "InvalidAuthenticationInfo") or "signature" in message.lower():
        if "time frame" in message:
            fail("The SAS token has expired or is not good yet.", "Make a new one.")
        if sas:
            fail("The SAS token is not good: its signature does not fit.",
                 "Give the whole token; it ends with the account key that signed it, if that was renewed.")
        fail("The account key is not one of the storage account %s." % account, copy + "Access keys.")
    if code in ("ContainerNotFound", "ResourceNotFound"):
        fail("There is no container %s in the storage account %s." % (container, account),
             "Look at its name, or make it first: az storage container create --account-name %s --name %s" % (account, container))
    if code == "AuthorizationFailure" and not sas:
        fail("The storage account's firewall does not let this server in (AuthorizationFailure).",
             "Portal, storage account %s, Networking: add this server's address or network." % account)
    if code in ("AuthorizationSourceIPMismatch", "AuthorizationFailure"):
        fail("This server's address is not allowed: by the account's firewall or the SAS token (%s)." % code,
             "Portal, storage account %s, Networking: add it; or make a token without addresses." % account)
    if code == "KeyBasedAuthenticationNotPermitted":
        fail("The storage account %s does not allow its keys to be used." % account,
             "Portal, storage account, Configuration: allow storage account key access; or use a SAS token.")
    if code == "AuthorizationProtocolMismatch":
        fail("The SAS token is for https alone.", "Use an https endpoint.")
    if code in ("AccountIsDisabled", "ContainerBeingDeleted", "ContainerDisabled"):
        fail("The storage account or the container is closed (%s)." % code, "Look at it in the portal.")
    if code.startswith("Authorization") or error.status == 403:
        right = {"list": "list", "put": "create and write", "get": "read", "delete": "delete"}[action]
        fail("The credential may not %s in the container %s (%s)." % (action, container, code or error.status),
             "It needs the right to %s." % right)
    fail("Azure refuses to %s in the container %s: %s (%d) %s" % (action, container, code, error.status, message),
         "The words before are its own.")


name = (prefix + "/" if prefix else "") + ".mooring-check-" + os.urandom(8).hex()
content, action = os.urandom(32), "list"
try:
    ask("GET", query=[("comp", "list"), ("maxresults", "1"), ("restype", "container")])
    action = "put"
    ask("PUT", name, body=content)
    action = "get"
    try:
        same = ask("GET", name) == content
    except Refused:
        try:
            ask("DELETE", name)
        except Refused:
            pass
        raise
    action = "delete"
    ask("DELETE", name)
except Refused as error:
    explain(error, action)
except (OSError, http.client.HTTPException) as error:
    unreachable(error)
if not same:
    fail("The container %s gave back other bytes than were put there." % container, "The store is not sound.")
print("container %s: list, put, get and delete work" % container)
PYTHON
}
azure_client() {
  if ! has python3; then
    echo 'The container is looked at with python3, which this server does not have: install it, then run this again.' >&2
    return 1
  fi
  python3 -c "$(azure_client_program)" "$1"
}
`;
