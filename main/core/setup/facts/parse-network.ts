/** Pythons, proxies and mirrors, package index, apt and releases. */
import type { Answering, NetworkSetting, PythonFacts, ServerFacts } from '../../../shared/facts.ts';
import { toNumber, type Section } from './frame.ts';

/** Newest first. */
export function parsePythons(python: Section): PythonFacts[] | null {
  if (!python.came) return null;
  return python
    .all('python')
    .flatMap((line): PythonFacts[] => {
      const [, version, told = '', path] = /^(\d+\.\d+\.\d+)((?: [a-z]+:[a-z]+)*) (\/.*)$/.exec(line) ?? [];
      if (version === undefined || path === undefined) return [];
      const has = (name: string) => (told === '' ? null : told.includes(` ${name}:yes`));
      const [pip, venv, externallyManaged] = [has('pip'), has('venv'), has('managed')];
      return [
        { path, version, pip, venv: venv === null ? null : venv && has('ensurepip') === true, externallyManaged },
      ];
    })
    .sort((one, other) => other.version.localeCompare(one.version, 'en', { numeric: true }));
}

export function parseUv(python: Section): ServerFacts['uv'] {
  const [, said, path] = /^(.*)\bat (\/.*)$/.exec(python.text('uv') ?? '') ?? [];
  if (said === undefined || path === undefined) return null;
  return { version: /^uv (\S+)/.exec(said)?.[1] ?? null, path };
}

export function parseSettings(settings: Section): NetworkSetting[] {
  const seen = new Set<string>();
  return settings.all('set').flatMap((line): NetworkSetting[] => {
    const [source = '', name = '', ...rest] = line.split('\t');
    const value = withoutPassword(rest.join('\t').trim());
    if (source === '' || name === '' || value === '' || seen.has(line)) return [];
    seen.add(line);
    return [{ kind: settingKind(name), source, name, value }];
  });
}

function settingKind(name: string): NetworkSetting['kind'] {
  if (/^no_proxy$/i.test(name)) return 'no-proxy';
  if (/proxy/i.test(name)) return 'proxy';
  if (
    /^(cert|PIP_CERT|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|UV_SYSTEM_CERTS|UV_NATIVE_TLS|native-tls|system-certs)$/.test(
      name,
    )
  ) {
    return 'certificates';
  }
  return /index|^url$/i.test(name) ? 'index' : 'other';
}

/** The script has done so already; this is for an answer that it did not write. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^\s"]*@/g, '//***@');
}

/** Package index, or releases. */
export function parseOne(section: Section): Answering {
  return parseAnswers(section)[0] ?? { kind: 'unknown', why: 'the check did not come back' };
}

export function parseApt(apt: Section): Answering[] {
  const sources = apt.text('sources');
  if (sources === 'none') return [{ kind: 'unknown', why: 'apt names no sources' }];
  if (sources === 'other') return [{ kind: 'unknown', why: 'apt has sources other than http' }];
  return parseAnswers(apt);
}

/** `url=`, then `answer=STATUS SECONDS`, or an error before it. */
function parseAnswers(section: Section): Answering[] {
  const checks: { url: string; answers: string[]; tool: boolean }[] = [];
  for (const { key, value } of section.entries) {
    if (key === 'url') checks.push({ url: withoutPassword(value), answers: [], tool: true });
    const last = checks.at(-1);
    if (key === 'answer') last?.answers.push(value);
    if (key === 'tool' && last) last.tool = false;
  }
  return checks.map(({ url, answers, tool }) => {
    if (!tool) return { kind: 'unknown', why: 'there is no curl, python3 or wget to check it with' };
    const [, code, seconds] =
      answers.map((each) => /^(\d{3}) ([\d.]+)$/.exec(each)).find((each) => each !== null) ?? [];
    const status = toNumber(code) ?? 0;
    if (status >= 100) {
      // 405: there is such a place, but it wants to be read, not only asked for.
      if (status < 400 || status === 405) {
        const took = Math.round(Number(seconds) * 1000);
        return { kind: 'answers', url, status, tookMs: Number.isFinite(took) && took > 0 ? took : null };
      }
      return { kind: 'refuses', url, status };
    }
    const error = answers.find((each) => !/^\d{3} [\d.]+$/.test(each));
    return { kind: 'silent', url, why: withoutPassword(error ?? 'no answer in time').replace(/^curl: \(\d+\) /, '') };
  });
}
