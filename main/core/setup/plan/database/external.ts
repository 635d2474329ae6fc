/** A PostgreSQL elsewhere (RDS, Azure, Cloud SQL, another server): looked at from the server before MLflow is touched. */
import type { PlanRemark, Step } from '../../../../shared/setup/plan.ts';
import type { DatabasePart } from '../../../../shared/setup/stack.ts';
import { quoted, words } from '../../../../shared/shell-words.ts';
import { emptyPart, step, type PlanContext, type WiredPart } from '../component.ts';
import { databaseProbe } from './probe.ts';
import { psycopg2 } from './postgres.ts';
import { unitName } from '../places.ts';

export type ExternalPostgres = Extract<DatabasePart, { kind: 'external-postgres' }>;

export function externalDatabase(context: PlanContext, database: ExternalPostgres): WiredPart {
  const { host, user, sslMode, ca } = database;
  return {
    part: {
      ...emptyPart,
      steps: [checkStep(context, database)],
      remarks: sslMode === 'require' && ca === null ? [unchecked] : [],
      secrets: [
        { name: 'database.password', label: `Password of the database user ${user} at ${host}`, origin: 'given' },
      ],
    },
    wiring: {
      pythonPackages: [psycopg2],
      printUri: printUri(context, database),
      printEnv: '',
      secrets: ['database.password'],
      after: context.places.scope === 'system' ? ['network-online.target'] : [],
    },
  };
}

const unchecked: PlanRemark = {
  level: 'note',
  message: 'The way to the database is encrypted, but nobody checks whose certificate it is.',
  hint: 'Choose “certificate and name checked” where the provider’s certificates are known.',
};

const caPath = ({ places }: PlanContext): string => `${places.configDir}/database-ca.pem`;

/** Those that the server trusts: libpq itself would look for a file in the account's home, or in its own build's place. */
const trustedBundle = [
  'for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do',
  '  if [ -r "$bundle" ]; then break; fi',
  'done',
].join('\n');

/** What certificates are checked with: a shell word, or null where they are not. */
function trust(context: PlanContext, { sslMode, ca }: ExternalPostgres): string | null {
  if (ca !== null) return quoted(caPath(context));
  return sslMode === 'require' ? null : '"$bundle"';
}

function printUri(context: PlanContext, database: ExternalPostgres): string {
  const { host, port, name, user, sslMode } = database;
  const trusted = trust(context, database);
  // SQLAlchemy takes a database's name in a path as it stands, but decodes one that is an option.
  const plainName = /^[\w.~-]+$/.test(name);
  const [before, after] = [
    `postgresql+psycopg2://${encoded(user)}:`,
    `@${host.includes(':') ? `[${host}]` : host}:${String(port)}/${plainName ? name : ''}?sslmode=${sslMode}`,
  ];
  const options = plainName ? '' : `&dbname=${encoded(name)}`;
  return [
    ...(trusted === '"$bundle"' ? [trustedBundle] : []),
    `printf %s ${quoted(before)} "$(secret_url database.password)" ${quoted(after + options)}${
      trusted === null ? '' : ` '&sslrootcert=' ${trusted}`
    }`,
  ].join('\n');
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);

/** What was seen to work is noted as two digests (of the settings; of settings and password) for this account alone. */
function checkStep(context: PlanContext, database: ExternalPostgres): Step {
  const { places, account, stack } = context;
  const { host, port, name, user, sslMode, ca } = database;
  const owner = places.scope === 'system' ? 'root' : account;
  const trusted = trust(context, database);
  return step(context, {
    id: 'database-check',
    title: `Check the database ${name} at ${host}`,
    why: 'From this server, before MLflow is touched: name, way, TLS, password, database and rights.',
    secrets: ['database.password'],
    define: [
      `config_dir=${quoted(places.configDir)}`,
      `ca_file=${quoted(caPath(context))}`,
      `owner=${quoted(owner)}`,
      `unit=${quoted(unitName('mlflow', stack.environment))}`,
      'checked=$config_dir/database-checked',
      `settings=${quoted([host, port, name, user, sslMode].join('\n'))}`,
      `ca_text() { printf %s ${quoted(ca ?? '')}; }`,
      trusted === '"$bundle"' ? trustedBundle : '',
      `trusted=${trusted ?? "''"}`,
      checkFunctions,
      'probe() {',
      '  {',
      '    secret database.password',
      '    echo',
      "    cat <<'PYTHON'",
      databaseProbe,
      'PYTHON',
      `  } | python3 -c 'import sys; password = sys.stdin.buffer.readline()[:-1]; exec(sys.stdin.buffer.read().decode())' ${words(
        host,
        String(port),
        name,
        user,
        sslMode,
      )} "$trusted"`,
      '}',
    ].join('\n'),
    // With MLflow down it looks again: somebody wants to know why.
    check: `
[ -s "$checked" ]
{ IFS= read -r was_settings && IFS= read -r was_whole; } <"$checked"
[ "$was_settings" = "$(settings_digest)" ]
if has_secret database.password; then [ "$was_whole" = "$(whole_digest)" ]; fi
${ca === null ? '[ ! -e "$ca_file" ]' : 'ca_text | same_file "$ca_file" 644 "$owner"'}
units is-active -q "$unit"`,
    apply: `
if ! has_secret database.password; then
  echo 'The password of the database (database.password) is needed to look at it: run this again and tell it.' >&2
  exit 1
fi
${places.scope === 'system' ? 'if ! has python3 && has apt-get; then apt_install python3; fi\n' : ''}if ! has python3; then
  echo 'The database is looked at with python3, which is not on this server: install it and try again.' >&2
  exit 1
fi
put_dir "$config_dir" 755 "$owner"
${ca === null ? 'rm -f "$ca_file"' : 'ca_text | put_file "$ca_file" 644 "$owner"'}
say ${quoted(`looks at ${host}:${String(port)}`)}
probe
{ settings_digest; whole_digest; } | put_file "$checked" 600 "$owner"`,
    verify: '[ -s "$checked" ]',
    undo: 'rm -f "$checked" "$ca_file" "$checked.mooring-new" "$ca_file.mooring-new"\ndrop_dir "$config_dir"',
  });
}

const checkFunctions = String.raw`
digest() { sha256sum | cut -d ' ' -f 1; }
settings_digest() {
  {
    printf '%s\n' "$settings"
    ca_text
  } | digest
}
whole_digest() {
  {
    printf '%s\n' "$settings"
    secret database.password
  } | digest
}
`.trim();
