/** Role and database `shop` in the PostgreSQL of a test server: of another administrator, as far as MLflow is concerned. */
import type { StackDraft } from '../../main/shared/setup/stack.ts';

/** MLflow with that database, on the server itself. */
export const shopDraft: StackDraft = {
  stack: 'mlflow-external-postgres',
  values: { 'database.host': '127.0.0.1', 'database.name': 'shop', 'database.user': 'shop' },
};

/** Makes both. */
export const shopSql = (password: string): readonly string[] => [
  `CREATE ROLE shop LOGIN PASSWORD '${password.replaceAll("'", "''")}';`,
  'CREATE DATABASE shop OWNER shop;',
];

/** A shell script for root that has PostgreSQL do this, to the first that fails. */
export const psqlScript = (statements: readonly string[]): string =>
  `cat >/tmp/make.sql <<'END'\n${statements.join('\n')}\nEND
cd /; runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 -f /tmp/make.sql`;
