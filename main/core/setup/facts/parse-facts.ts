/** From what {@link ./script.ts} printed to what is known. Never throws: what is not there or odd is null. */
import { done, failed, failure, type Reply } from '../../../shared/failure.ts';
import type { ClockFacts, ServerFacts } from '../../../shared/facts.ts';
import { readFrame, Section } from './frame.ts';
import { parseAccount, parseDisks, parseMachine, parseSystem } from './parse-machine.ts';
import { parsePackages, parseSudo, parseSystemd } from './parse-managers.ts';
import { parseApt, parseOne, parsePythons, parseSettings, parseUv } from './parse-network.ts';
import { parsePorts } from './parse-ports.ts';
import { parseDocker, parseServices } from './parse-services.ts';

/** By this machine's clock, since 1970: before the command was sent, and after the last of the answer came. */
export interface RunTimes {
  readonly sentMs: number;
  readonly endedMs: number;
}

const expected = [
  'basics',
  'disks',
  'packages',
  'systemd',
  'sudo',
  'ports',
  'found',
  'python',
  'settings',
  'index',
  'apt',
  'releases',
];

/** Fails only when the server did not run the script at all. */
export function parseFacts(output: string, times: RunTimes | null): Reply<ServerFacts> {
  const frame = readFrame(output);
  if (frame === null) {
    const said = output.trim().slice(0, 500);
    return failed(
      failure('not-allowed', 'The server does not run commands for this account', {
        hint: 'Log in with ssh by hand and see what it says: accounts for file transfer or tunnels only can’t be set up.',
        ...(said === '' ? {} : { detail: said }),
      }),
    );
  }
  const section = (name: string) => new Section(frame.sections.get(name) ?? null);
  const [basics, python, found, begin, end] = ['basics', 'python', 'found', 'begin', 'done'].map(section) as [
    Section,
    Section,
    Section,
    Section,
    Section,
  ];
  const ports = parsePorts(section('ports'));
  const [beginMs, endMs] = [moment(begin), moment(end)];
  return done({
    account: parseAccount(basics),
    system: parseSystem(basics),
    machine: parseMachine(basics),
    disks: parseDisks(section('disks')),
    pythons: parsePythons(python),
    uv: parseUv(python),
    packages: parsePackages(section('packages')),
    systemd: parseSystemd(section('systemd')),
    sudo: parseSudo(section('sudo')),
    ports,
    services: parseServices(found, ports),
    docker: parseDocker(found),
    settings: parseSettings(section('settings')),
    index: parseOne(section('index')),
    apt: parseApt(section('apt')),
    releases: parseOne(section('releases')),
    clock: times === null || beginMs === null ? null : clock(times, beginMs, endMs ?? beginMs),
    tookMs: beginMs === null || endMs === null ? null : Math.max(0, Math.round(endMs.ms - beginMs.ms)),
    missing: expected.filter((name) => !frame.sections.has(name)),
  });
}

interface Moment {
  readonly ms: number;
  /** 1000 where the server's date knows no fractions. */
  readonly resolutionMs: number;
}

function moment(section: Section): Moment | null {
  const [, seconds, fraction] = /^(\d{1,12})(?:\.(\d{3})\d*)?/.exec(section.text('time') ?? '') ?? [];
  if (seconds === undefined) return null;
  return {
    ms: Number(seconds) * 1000 + (fraction === undefined ? 0 : Number(fraction)),
    resolutionMs: fraction === undefined ? 1000 : 1,
  };
}

/**
 * The script began after the command was sent and was done before its answer was here. Both bound the skew, however long
 * the login shell took before and the connection after: the middle is the best guess (as in NTP, RFC 5905, section 8).
 */
function clock({ sentMs, endedMs }: RunTimes, begin: Moment, end: Moment): ClockFacts | null {
  const most = begin.ms + begin.resolutionMs - sentMs;
  const least = end.ms - endedMs;
  const skewMs = Math.round((most + least) / 2);
  if (!Number.isFinite(skewMs)) return null;
  return { skewMs, uncertaintyMs: Math.max(1, Math.ceil(Math.abs(most - least) / 2)) };
}
