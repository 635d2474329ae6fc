import { Button, CloseButton, Loader, Select, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconCopy, IconStethoscope } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import {
  checkGroups,
  checkGroupWords,
  checkWords,
  doctorLines,
  doctorSummary,
  worstFirst,
  type CheckStatus,
  type DoctorView,
  type Finding,
} from '../../main/shared/doctor.ts';
import { describeDuration, type Light } from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { client } from '../api/client.ts';
import { useSnapshot } from '../api/store.ts';
import { StateShape } from '../shell/StateShape.tsx';
import { goHome, goTo, useUi } from '../shell/ui-store.ts';
import { useClipboard } from '../shell/use-clipboard.ts';
import { useNow } from '../shell/use-now.ts';
import { FixButton } from './FixButton.tsx';

const lights: Readonly<Record<CheckStatus, Light>> = {
  ok: 'up',
  warning: 'needs-you',
  broken: 'failed',
  unknown: 'off',
};

/** Looks at this machine and the servers: what is wrong comes first, each with what to do. */
export function DoctorPage() {
  const servers = useSnapshot((snapshot) => snapshot.servers);
  const doctor = useSnapshot((snapshot) => snapshot.doctor);
  const asked = useUi((state) => state.doctorOf);
  const chosen = servers.some(({ profile }) => profile.id === asked) ? asked : null;
  const looking = doctor !== null && doctor.endedMs === null;
  const nameOf = (serverId: string): string =>
    servers.find(({ profile }) => profile.id === serverId)?.profile.name ?? 'a server that is gone';
  const fitting = doctor !== null && doctor.serverId === chosen ? doctor : null;
  const old = useOldOne(fitting);
  return (
    <article className="doctor" aria-label="Doctor">
      <header className="doctor-head">
        <h1>Doctor</h1>
        <Select
          aria-label="What to look at"
          size="xs"
          w={220}
          allowDeselect={false}
          data={[
            { value: '', label: 'All servers that are on' },
            ...servers.map(({ profile }) => ({ value: profile.id, label: profile.name })),
          ]}
          value={chosen ?? ''}
          onChange={(value) => {
            useUi.setState({ doctorOf: value === '' ? null : value });
          }}
        />
        <span className="spring" />
        {looking ? (
          <Button size="xs" variant="default" onClick={() => void act('doctor.cancel', {})}>
            Stop
          </Button>
        ) : (
          <Button
            size="xs"
            leftSection={<IconStethoscope size={16} />}
            onClick={() => void act('doctor.start', chosen === null ? {} : { serverId: chosen })}
          >
            {fitting === null ? 'Look' : 'Look again'}
          </Button>
        )}
        <CloseButton
          aria-label="Leave"
          onClick={() => {
            if (chosen === null) goHome();
            else goTo(chosen);
          }}
        />
      </header>
      {fitting === null ? (
        <div className="panel doctor-empty">
          <p>
            The doctor looks at this machine, the way to each server, the server itself and what answers behind its
            tunnels. It changes nothing, and takes some seconds.
          </p>
          {looking && (
            <p className="dim" role="status">
              It is looking at {doctor.serverId === null ? 'all servers' : nameOf(doctor.serverId)} just now.
            </p>
          )}
        </div>
      ) : (
        <Look doctor={old ?? fitting} again={old !== null} nameOf={nameOf} />
      )}
    </article>
  );
}

/** From then on a result is looked for anew when the page is opened. */
const oldMs = 60_000;

/**
 * A result that was old when the page was opened, while its things are looked at again; else null. That is begun here,
 * where no keychain may have to ask a person.
 */
function useOldOne(fitting: DoctorView | null): DoctorView | null {
  const isQuiet = useSnapshot(({ keychain }) => keychain.kind === 'ready' || keychain.kind === 'absent');
  const [old, setOld] = useState(() =>
    isQuiet && fitting !== null && fitting.endedMs !== null && Date.now() - fitting.endedMs > oldMs ? fitting : null,
  );
  useEffect(() => {
    // Whoever opened the page may have begun a look already: that refusal is nothing to tell.
    if (old !== null) void client.call('doctor.start', old.serverId === null ? {} : { serverId: old.serverId });
  }, [old]);
  const now = fitting === null || fitting.startedMs === old?.startedMs ? null : fitting;
  // The new result is there: a look that a person asks for then is shown as it goes.
  if (old !== null && now !== null && now.endedMs !== null) setOld(null);
  return now !== null && now.endedMs === null && now.serverId === old?.serverId ? old : null;
}

interface LookProps {
  readonly doctor: DoctorView;
  /** It is being looked again. */
  readonly again: boolean;
  readonly nameOf: (serverId: string) => string;
}

function Look({ doctor, again, nameOf }: LookProps) {
  const nowMs = useNow(doctor.endedMs !== null);
  const { copied, copy } = useClipboard();
  const troubles = worstFirst(doctor.findings.filter((each) => each.status !== 'ok'));
  const text = (): string =>
    [
      ...doctorLines(doctor.findings, nameOf).map(({ kind, text: line }) =>
        kind === 'group' ? `\n${line}` : kind === 'hint' ? `    ${line}` : `  ${line}`,
      ),
      '',
      doctorSummary(doctor.findings),
    ]
      .join('\n')
      .trim();
  return (
    <>
      <section className="panel doctor-summary" role="status">
        {doctor.endedMs === null ? (
          <p>
            <Loader size={14} /> Looks at {doctor.stage ?? 'the rest'} …
          </p>
        ) : (
          <p>
            <strong>{troubles.length === 0 ? 'All is well' : doctorSummary(doctor.findings)}</strong>{' '}
            <span className="dim figures">
              {doctor.cancelled && 'stopped early · '}
              {describeDuration(nowMs - doctor.endedMs)} ago, after{' '}
              {describeDuration(doctor.endedMs - doctor.startedMs)}
            </span>
            {again && (
              <>
                {' '}
                <Loader size={14} /> Looking again …
              </>
            )}
          </p>
        )}
        <span className="spring" />
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconCopy size={14} />}
          title="As text, without secrets; names and addresses are in it"
          onClick={() => void copy(text())}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </section>
      {troubles.length > 0 && (
        <section className="panel doctor-troubles" aria-label="What to do">
          {troubles.map((each) => (
            <Trouble key={each.id} found={each} place={each.serverId === null ? null : nameOf(each.serverId)} />
          ))}
        </section>
      )}
      <Well findings={doctor.findings.filter((each) => each.status === 'ok')} nameOf={nameOf} />
    </>
  );
}

function Trouble({ found, place }: { found: Finding; place: string | null }) {
  const { title, status, seen, hint, fix } = found;
  return (
    <div className="doctor-finding" data-status={status}>
      <StateShape light={lights[status]} />
      <div className="doctor-text">
        <div className="doctor-title">
          <strong>{title}</strong> <span className="dim">{place ?? 'This machine'}</span>
          <VisuallyHidden>{checkWords[status]}</VisuallyHidden>
        </div>
        <div>{seen}</div>
        {hint !== null && <div className="doctor-hint">{hint}</div>}
      </div>
      {fix !== null && <FixButton fix={fix} />}
    </div>
  );
}

/** Folded: nobody has to read what is well. */
function Well({ findings, nameOf }: { findings: readonly Finding[]; nameOf: (serverId: string) => string }) {
  const [open, setOpen] = useState(false);
  if (findings.length === 0) return null;
  const places = [null, ...new Set(findings.map((each) => each.serverId).filter((each) => each !== null))];
  return (
    <section className="panel doctor-well" aria-label="What is well">
      <UnstyledButton
        className="doctor-fold"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {open ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        <StateShape light="up" /> {findings.length} {findings.length === 1 ? 'check is' : 'checks are'} well
      </UnstyledButton>
      {open &&
        places.flatMap((place) =>
          checkGroups.map((group) => {
            const own = findings.filter((each) => each.serverId === place && each.group === group);
            if (own.length === 0) return null;
            return (
              <div key={`${place ?? ''}/${group}`} className="doctor-group">
                <h2>
                  {place === null ? '' : `${nameOf(place)}: `}
                  {checkGroupWords[group]}
                </h2>
                <dl>
                  {own.map(({ id, title, seen }) => (
                    <div key={id} className="doctor-line">
                      <dt>{title}</dt>
                      <dd>{seen}</dd>
                    </div>
                  ))}
                </dl>
              </div>
            );
          }),
        )}
    </section>
  );
}
