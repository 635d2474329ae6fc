/** `doctor`: looks at this machine and the servers, and says what is wrong and what to do. */
import type { Command } from 'commander';
import { tellingVariables } from '../../adapters/diagnosis.ts';
import { judgeProxies, judgeTrackingUri, ofApp } from '../../core/doctor/judge-machine.ts';
import { countOf, doctorLines, doctorSummary, type DoctorView, type Finding } from '../../shared/doctor.ts';
import { failureHere } from '../terminal/failure-words.ts';
import type { Snapshot } from '../../shared/snapshot.ts';
import type { Session } from '../control/session.ts';
import { exitCodes } from '../exit-codes.ts';
import { addCommand, type Context, type JsonOption } from './context.ts';
import { findServer } from './find.ts';

const colours = { ok: 'green', warning: 'yellow', broken: 'red', unknown: 'dim' } as const;

export function addDoctorCommand(program: Command, context: Context): void {
  addCommand(
    program,
    'doctor [server]',
    'look at this machine and a server (default: all that are on): what is wrong, what to do',
  )
    .addHelpText('after', '\nChanges nothing. Exit code 1 when something is broken. The text holds no secrets.')
    .action(async (typed: string | undefined, options: JsonOption) => {
      const session = await context.core();
      const before = await session.snapshot();
      const serverId = typed === undefined ? undefined : findServer(before, typed).profile.id;
      await session.call('doctor.start', serverId === undefined ? {} : { serverId });
      const seen = await followDoctor(context, session);
      if (seen === null) {
        context.terminal.say('Mooring ended meanwhile.');
        context.endWith(exitCodes.failed);
        return;
      }
      const { snapshot, doctor } = seen;
      const findings = withThisShell(snapshot, doctor.findings);
      if (options.json) context.terminal.printJson({ ...doctor, findings });
      else tell(context, snapshot, doctor, findings);
      context.endWith(countOf(findings, 'broken') > 0 || doctor.cancelled ? exitCodes.failed : exitCodes.done);
    });
}

/** The shell that this was typed in may be set up otherwise than Mooring itself: what differs is told beside it. */
function withThisShell(snapshot: Snapshot, findings: readonly Finding[]): readonly Finding[] {
  const variables = tellingVariables(process.env);
  const judge = (where: string) => [...judgeProxies(variables, where), ...judgeTrackingUri(variables, snapshot, where)];
  const [shell, app, both] = [judge(ofShell), judge(ofApp), judge(ofBoth)];
  /** Which of them Mooring found of itself in the very same words; -1: none. */
  const sameAs = ({ serverId, id, seen }: Finding) =>
    serverId === null ? app.findIndex((own) => own.id === id && own.seen === seen) : -1;
  const shared = findings.map(sameAs);
  const others = shell.filter((_, index) => !shared.includes(index));
  return [
    ...others.map((each) => ({ ...each, id: `shell/${each.id}`, title: `${each.title} ${ofShell}` })),
    ...findings.map((each) => both[sameAs(each)] ?? each),
  ];
}

const ofShell = 'of this shell';
const ofBoth = 'of this shell and of Mooring';

/** Null: the core ended. Ctrl-C ends the look, and what was found by then is told. */
async function followDoctor(
  context: Context,
  session: Session,
): Promise<{ readonly snapshot: Snapshot; readonly doctor: DoctorView } | null> {
  let latest: Snapshot | null = null;
  let gone = false;
  let wake: () => void = () => undefined;
  const unsubscribe = session.client.subscribe(
    (event) => {
      if (event.name !== 'snapshot.changed') return;
      latest = event.payload;
      wake();
    },
    () => {
      gone = true;
      wake();
    },
  );
  const release = context.onInterrupt(() => {
    void session.client.call('doctor.cancel', {}).then((reply) => {
      if (!reply.ok) context.terminal.say(failureHere(reply.error));
    });
  });
  try {
    let snapshot: Snapshot = await session.snapshot();
    for (;;) {
      const { doctor } = snapshot;
      if (doctor && doctor.endedMs !== null) return { snapshot, doctor };
      context.terminal.progress(doctor?.stage ? `Looks at ${doctor.stage} …` : '');
      if (latest === null && !gone) await new Promise<void>((resolve) => (wake = resolve));
      if (gone as boolean) return null;
      snapshot = (latest as Snapshot | null) ?? snapshot;
      latest = null;
    }
  } finally {
    release();
    unsubscribe();
    context.terminal.progress('');
  }
}

function tell({ terminal }: Context, snapshot: Snapshot, doctor: DoctorView, findings: readonly Finding[]): void {
  const nameOf = (serverId: string) =>
    snapshot.servers.find(({ profile }) => profile.id === serverId)?.profile.name ?? 'a server that is gone';
  for (const [at, { kind, text, status }] of doctorLines(findings, nameOf).entries()) {
    if (kind === 'group') terminal.print(at === 0 ? text : `\n${text}`);
    else if (kind === 'hint') terminal.wrap(`      ${text}`).forEach(terminal.print);
    else {
      const [shape = '', ...rest] = text.split(' ');
      const line = `  ${status === null ? shape : terminal.colour(colours[status], shape)} ${rest.join(' ')}`;
      terminal.wrap(line, 6).forEach(terminal.print);
    }
  }
  terminal.print(`\n${doctor.cancelled ? 'Stopped. ' : ''}${doctorSummary(findings)}`);
}
