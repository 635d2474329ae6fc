/**
 * A program for a test server: writes a block into /etc/hosts by the adapters alone, as this user or by the system's
 * question, and prints how that ended. Argument: `put` or `remove`.
 */
import { createElevation } from '../../main/adapters/elevation.ts';
import { createHostsFile } from '../../main/adapters/hosts-file.ts';
import { createNameLookup } from '../../main/adapters/name-lookup.ts';
import { editFor } from '../../main/core/hosts/hosts-edit.ts';
import { readHosts } from '../../main/core/hosts/hosts-text.ts';
import { hostsPresets } from '../../main/shared/hosts.ts';

const names = hostsPresets[0]?.names ?? [];
const file = createHostsFile({ dataDir: '/tmp/mooring-data' });
const elevation = createElevation();
const content = await file.read();
if (!content.ok) throw new Error(content.error.message);
const lines = process.argv[2] === 'remove' ? [] : names.map((name) => `127.0.0.1 ${name}`);
const edit = editFor(readHosts(content.value.text), { id: 's-1', label: 'lab', lines });
const change = edit && { blockId: 's-1', from: content.value.sha256, ...edit };
const result = change === null ? { kind: 'unchanged' } : await elevation.writeHosts(file.path, change);
const answers: (readonly string[])[] = [];
for (const name of names) answers.push(await createNameLookup().lookup(name));
const report = { writable: content.value.writable, way: await elevation.way(), result, answers };
process.stdout.write(`\nREPORT ${JSON.stringify(report)}\n`);
