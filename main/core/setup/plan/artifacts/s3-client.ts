/**
 * A small S3 client for the server: Python's standard library alone, so that it runs before anything is installed.
 *
 *     s3_client SETTINGS   SETTINGS as of {@link S3Settings}, JSON; with keys, by stdin: key id, secret, a line each
 *
 * It makes buckets where it is told to, then lists, puts, gets and deletes a probe object in each. What fails is told
 * in words with what to do, and ends it with 1.
 */
import { quoted } from '../../../../shared/shell-words.ts';

export interface S3Settings {
  /** Null: AWS itself. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly credentials:
    { readonly kind: 'keys' } | { readonly kind: 'profile'; readonly profile: string } | { readonly kind: 'role' };
  /** `make`: it is made when it is not there. */
  readonly buckets: readonly { readonly name: string; readonly prefix: string; readonly make: boolean }[];
}

export const s3Call = (settings: S3Settings): string => quoted(JSON.stringify(settings));

export const s3Client = String.raw`
s3_client_program() {
  cat <<'PYTHON'
import configparser, datetime, hashlib, hmac, http.client, json, os, socket, ssl, sys, time
import urllib.error, urllib.parse, urllib.request
import xml.etree.ElementTree as tree

settings = json.loads(sys.argv[1])
endpoint, region = settings["endpoint"], settings["region"]
called = urllib.parse.urlsplit(endpoint).netloc if endpoint else "AWS S3"


def fail(what, todo):
    sys.stdout.flush()
    sys.stderr.write(what + "\n" + todo + "\n")
    sys.exit(1)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


def open_url(request, seconds):
    host = urllib.parse.urlsplit(request.full_url).hostname
    # A proxy would look for 127.0.0.1 at its own place.
    near = host in ("localhost", "::1") or host.startswith(("127.", "169.254."))
    proxies = [urllib.request.ProxyHandler({})] if near else []
    return urllib.request.build_opener(Stay, *proxies).open(request, timeout=seconds)


def keys_of_profile(name):
    files = {
        "credentials": os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or os.path.expanduser("~/.aws/credentials"),
        "config": os.environ.get("AWS_CONFIG_FILE") or os.path.expanduser("~/.aws/config"),
    }
    found, names = {}, set()
    for kind, path in files.items():
        parser = configparser.RawConfigParser()
        try:
            parser.read(path)
        except (configparser.Error, UnicodeDecodeError):
            fail("%s can't be read as a file of profiles." % path, "Mend it: each profile begins with its [name].")
        except OSError as error:
            fail("%s can't be read: %s." % (path, error.strerror), "Let the account that MLflow runs as read it.")
        for section in parser.sections():
            short = section[8:].strip() if kind == "config" and section.startswith("profile ") else section
            names.add(short)
            if short == name:
                found = dict(parser.items(section), **found)
    if not found:
        there = "there are " + ", ".join(sorted(names)) if names else "there is none at all"
        fail("There is no profile %s in %s: %s." % (name, files["credentials"], there),
             "Make it for that account (aws configure --profile %s), or choose another." % name)
    if "aws_access_key_id" not in found or "aws_secret_access_key" not in found:
        if set(found) & {"role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file"}:
            print("The profile %s gets its keys from elsewhere, which can't be followed here: not checked." % name)
            sys.exit(0)
        fail("The profile %s has no access key." % name, "It needs aws_access_key_id and aws_secret_access_key.")
    return found["aws_access_key_id"], found["aws_secret_access_key"], found.get("aws_session_token")


def keys_of_role():
    base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/") + "/latest/"
    where = base + "meta-data/iam/security-credentials/"
    give = "Give the machine a role that may use the bucket (its instance profile), or use an access key."
    try:
        wanted = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        token = open_url(urllib.request.Request(base + "api/token", method="PUT", headers=wanted), 3).read().decode()
        headers = {"X-aws-ec2-metadata-token": token}
        role = open_url(urllib.request.Request(where, headers=headers), 3).read().decode().split()
        if not role:
            fail("This machine has no role.", give)
        keys = json.loads(open_url(urllib.request.Request(where + role[0], headers=headers), 3).read().decode())
        return keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]
    except urllib.error.HTTPError as error:
        fail("This machine has no role: its metadata service answers %d." % error.code, give)
    except (OSError, http.client.HTTPException):
        fail("This machine has no role: no metadata service answers here, so it is no EC2 machine.", give)
    except (ValueError, KeyError):
        fail("The metadata service of this machine does not give keys.", give)


def read_keys():
    kind = settings["credentials"]["kind"]
    if kind == "profile":
        return keys_of_profile(settings["credentials"]["profile"])
    if kind == "role":
        return keys_of_role()
    lines = sys.stdin.read().split("\n")
    return lines[0], lines[1], None


key_id, secret_key, session = read_keys()


class Refused(Exception):
    def __init__(self, status, code, message, headers, region):
        Exception.__init__(self, code)
        self.status, self.code, self.message, self.headers, self.region = status, code, message, headers, region


def address(bucket, key):
    path = urllib.parse.quote(key, safe="/-_.~")
    if endpoint is None and "." not in bucket:
        end = ".amazonaws.com.cn" if region.startswith("cn-") else ".amazonaws.com"
        return "https://" + bucket + ".s3." + region + end + "/" + path
    base = endpoint or "https://s3." + region + ".amazonaws.com"
    return base + "/" + bucket + ("/" + path if key else "")


def ask(method, bucket, key="", query=(), body=b""):
    """The whole answer; Refused when the store says no. Tried again where the store is only busy."""
    for pause in (1, 2, 4, None):
        try:
            return send(method, address(bucket, key), query, body)
        except Refused as error:
            if pause is None or error.status not in (500, 502, 503, 504):
                raise
        time.sleep(pause)


def send(method, url, query, body):
    parts = urllib.parse.urlsplit(url)
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    day, digest = moment[:8], hashlib.sha256(body).hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
    if session:
        headers["x-amz-security-token"] = session
    asked = "&".join("%s=%s" % (k, urllib.parse.quote(v, safe="-_.~")) for k, v in sorted(query))
    signed = ";".join(sorted(headers))
    lines = "".join("%s:%s\n" % (k, headers[k]) for k in sorted(headers))
    whole = "\n".join([method, parts.path or "/", asked, lines, signed, digest])
    scope = "/".join([day, region, "s3", "aws4_request"])
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(whole.encode()).hexdigest()])
    key = ("AWS4" + secret_key).encode()
    for each in scope.split("/") + [text]:
        key = hmac.new(key, each.encode(), hashlib.sha256).digest()
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        key_id, scope, signed, key.hex())
    if body:
        headers["content-type"] = "application/octet-stream"
    request = urllib.request.Request(url + ("?" + asked if asked else ""), body or None, headers, method=method)
    try:
        return open_url(request, 20).read()
    except urllib.error.HTTPError as error:
        raise refused(error)


def refused(error):
    found = {}
    try:
        for each in tree.fromstring(error.read()).iter():
            found.setdefault(each.tag.split("}")[-1], (each.text or "").strip())
    except (tree.ParseError, OSError, http.client.HTTPException):
        pass
    region = error.headers.get("x-amz-bucket-region") or found.get("Region")
    return Refused(error.code, found.get("Code", ""), found.get("Message", ""), error.headers, region)


def unreachable(url, error):
    """Of name, route, port and TLS, which it was."""
    parts = urllib.parse.urlsplit(url)
    host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    at = "%s:%d" % (host, port)
    reason = getattr(error, "reason", error)
    if isinstance(reason, socket.gaierror):
        fail("The name %s is not known to this server (DNS)." % host,
             "Look at the endpoint and the region for typing errors, and at the server's DNS.")
    if isinstance(reason, ConnectionRefusedError):
        fail("Nothing listens at %s." % at, "Look at the endpoint's port, and whether the store runs.")
    if isinstance(reason, ssl.SSLCertVerificationError):
        fail("The certificate of %s is not trusted: %s." % (at, reason.verify_message),
             "Let the server trust who signed it (update-ca-certificates), or use the name that it was made for.")
    if isinstance(reason, ssl.SSLError):
        fail("%s does not speak TLS as expected (%s)." % (at, reason.reason), "Is it http:// instead of https://?")
    if isinstance(reason, (socket.timeout, TimeoutError)):
        fail("%s does not answer." % at, "A firewall between, or no route: let the server out to this port.")
    if isinstance(reason, (http.client.HTTPException, ConnectionResetError)):
        fail("What listens at %s does not speak HTTP." % at, "Is it https:// instead of http://, or another port?")
    fail("%s can't be reached: %s." % (at, getattr(reason, "strerror", None) or reason),
         "Look at the server's network and at the proxies that are set there.")


needed = {"list": "s3:ListBucket", "put": "s3:PutObject", "get": "s3:GetObject", "delete": "s3:DeleteObject"}


def explain(error, action, bucket, key):
    code = error.code
    if code in ("RequestTimeTooSkewed", "RequestExpired") or (code == "AccessDenied" and "skew" in error.message):
        off = ""
        try:
            theirs = datetime.datetime.strptime(error.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
            now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            minutes = round((now - theirs).total_seconds() / 60)
            off = " by %d minutes (%s)" % (abs(minutes), "ahead" if minutes > 0 else "behind")
        except (TypeError, ValueError):
            pass
        fail("The clock of this server is off%s, so that %s refuses what it signs." % (off, called),
             "Set the clock: timedatectl set-ntp true, then run this again.")
    if code in ("InvalidAccessKeyId", "XAdminUserNotFound", "InvalidAccessKey"):
        fail("%s does not know the access key id %s." % (called, key_id),
             "Look at the access key id, and whether it was made for this endpoint.")
    if code == "SignatureDoesNotMatch":
        fail("The secret access key is not the one of access key id %s." % key_id,
             "Give the secret again, whole; if it is lost, make a new key.")
    if code in ("ExpiredToken", "InvalidToken", "ExpiredTokenException"):
        fail("The keys have expired or are no longer good.", "Fetch new ones, then run this again.")
    if code == "NoSuchBucket":
        at = "" if endpoint is None else " --endpoint-url " + endpoint
        fail("There is no bucket %s at %s." % (bucket, called),
             "Look at its name, or make it first: aws s3 mb s3://%s --region %s%s" % (bucket, region, at))
    if code in ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                "IllegalLocationConstraintException") or error.status in (301, 307, 308):
        if error.region and error.region != region:
            fail("The bucket %s is in the region %s, not in %s." % (bucket, error.region, region),
                 "Set s3.region to %s." % error.region)
        fail("The bucket %s is not in the region %s (%s)." % (bucket, region, code or error.status),
             "Look at the region (s3.region) and the endpoint (s3.endpoint).")
    if code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou"):
        fail("The bucket %s exists and belongs to somebody else." % bucket, "Choose another name.")
    if code in ("AccessDenied", "AllAccessDisabled", "Forbidden", "AccessForbidden") or error.status == 403:
        where = bucket if action in ("list", "make") else bucket + "/" + key
        fail("The key %s may not %s in the bucket %s: access denied." % (key_id, action, bucket),
             "Allow it %s on %s." % (needed.get(action, "s3:CreateBucket"), where))
    if not code:
        fail("What answers at %s is no S3 API: it says %d." % (address(bucket, ""), error.status),
             "Is it the port of the console? The S3 API has one of its own.")
    fail("%s refuses to %s in the bucket %s: %s (%d) %s" % (called, action, bucket, code, error.status, error.message),
         "The words before are its own.")


def check(bucket, prefix, make):
    key = (prefix + "/" if prefix else "") + ".mooring-check-" + os.urandom(8).hex()
    content = os.urandom(32)
    action = "list"
    try:
        if make:
            action = "make"
            try:
                ask("PUT", bucket)
                print("made the bucket " + bucket)
            except Refused as error:
                # It is there: that it is ours shows below.
                if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise
            action = "list"
        query = [("list-type", "2"), ("max-keys", "1"), ("prefix", prefix + "/" if prefix else "")]
        answer = ask("GET", bucket, query=query)
        if b"ListBucketResult" not in answer:
            fail("What answers at %s is no S3 API." % address(bucket, ""),
                 "Is it the port of the console? The S3 API has one of its own.")
        action = "put"
        ask("PUT", bucket, key, body=content)
        action = "get"
        try:
            same = ask("GET", bucket, key) == content
        except Refused:
            try:
                ask("DELETE", bucket, key)
            except Refused:
                pass
            raise
        action = "delete"
        ask("DELETE", bucket, key)
    except Refused as error:
        explain(error, action, bucket, key)
    except (OSError, http.client.HTTPException) as error:
        unreachable(address(bucket, ""), error)
    if not same:
        fail("The bucket %s gave back other bytes than were put there." % bucket, "The store is not sound.")
    print("bucket %s: list, put, get and delete work" % bucket)


for each in settings["buckets"]:
    check(each["name"], each["prefix"], each["make"])
PYTHON
}
s3_client() { s3_client_as "$(id -un)" "$1"; }
# s3_client_as USER SETTINGS: with what that account has in its home.
s3_client_as() {
  if ! has python3; then
    echo 'The bucket is looked at with python3, which this server does not have: install it, then run this again.' >&2
    return 1
  fi
  as_user "$1" python3 -c "$(s3_client_program)" "$2"
}
`;
