/** The same change for people to make themselves. Everything in it has been judged: no name holds more than a-z, 0-9, . and - */
import type { HostsByHand } from '../../shared/hosts.ts';
import type { HostsFile } from './hosts-ports.ts';
import { beginLine, endLine, type HostsText } from './hosts-text.ts';
import { findBlock, type WantedBlock } from './hosts-edit.ts';

export function byHand(hosts: HostsText, wanted: WantedBlock, file: Pick<HostsFile, 'path' | 'platform'>): HostsByHand {
  const { id, label, lines } = wanted;
  const block = lines.length === 0 ? [] : [beginLine(id, label), ...lines, endLine(id, false)];
  const isThere = findBlock(hosts, id) !== null;
  if (block.length === 0 && !isThere) return { lines: block, command: null };
  const command =
    file.platform === 'win32' ? powershell(file.path, id, block, isThere) : posix(file.path, id, block, isThere, hosts);
  return { lines: block, command };
}

function posix(path: string, id: string, block: readonly string[], isThere: boolean, { text }: HostsText): string {
  const where = quoted(path);
  const steps: string[] = [];
  // Writes through links, and keeps a copy beside the file.
  if (isThere) {
    steps.push(`sudo cp -p ${where} ${quoted(`${path}.bak`)}`);
    steps.push(
      `sed '/^# BEGIN mooring ${pattern(id)}/,/^# END mooring ${pattern(id)}/d' ${quoted(`${path}.bak`)} | sudo tee ${where} >/dev/null`,
    );
  }
  if (block.length > 0) {
    const first = !isThere && text !== '' && !text.endsWith('\n') ? ["''"] : [];
    const words = [...first, ...block.map(quoted)].join(' \\\n  ');
    steps.push(`printf '%s\\n' ${words} \\\n  | sudo tee -a ${where} >/dev/null`);
  }
  return steps.join(' &&\n');
}

function powershell(path: string, id: string, block: readonly string[], isThere: boolean): string {
  const where = `'${path.replaceAll("'", "''")}'`;
  const steps: string[] = [];
  if (isThere) {
    steps.push(`Copy-Item ${where} ${where.slice(0, -1)}.bak'`);
    steps.push(
      `[IO.File]::WriteAllText(${where}, ([IO.File]::ReadAllText(${where}) -replace '(?ms)^# BEGIN mooring ${pattern(id)}.*?^# END mooring ${pattern(id)}[^\\n]*\\n?', ''))`,
    );
  }
  if (block.length > 0) {
    const text = ['', ...block].map((each) => `'${each}'`).join(', ');
    steps.push(`Add-Content -Encoding ASCII -Path ${where} -Value ${text}`);
  }
  return steps.join('\n');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const pattern = (id: string): string => id.replaceAll('.', '[.]');
