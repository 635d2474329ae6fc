/** Writes the published copy of the stack files' JSON schema: `npm run schema`, after a change of stack-fields.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const path = join(import.meta.dirname, 'stack.schema.json');
const { module } = await runnerImport(join(import.meta.dirname, '../main/core/setup/stack/stack-schema.ts'));
const text = JSON.stringify(module.stackSchema());
writeFileSync(path, await format(text, { ...(await resolveConfig(path)), parser: 'json' }));
