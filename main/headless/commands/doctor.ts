/** `doctor`: looks at this machine and the servers, and says what is wrong and what to do. */
import type { Command } from 'commander';
import { tellingVariables } from '../../adapters/diagnosis.ts';
import { judgeProxies, judgeTrackingUri } from '../../core/doctor/judge-machine.ts';
import { countOf, doctorLines, doctorSummary, type DoctorView, type Finding } from '../../shared/doctor.ts';
import { failureText } from '../../shared/failure.ts';
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
      const findings = [...ofThisShell(snapshot), ...doctor.findings];
      if (options.json) context.terminal.printJson({ ...doctor, findings });
      else tell(context, snapshot, doctor, findings);
      context.endWith(countOf(findings, 'broken') > 0 || doctor.cancelled ? exitCodes.failed : exitCodes.done);
    });
}

/** The shell that this was typed in may be set up otherwise than Mooring itself. */
function ofThisShell(snapshot: Snapshot): readonly Finding[] {
  const variables = tellingVariables(process.env);
  const where = 'of this shell';
  return [...judgeProxies(variables, where), ...judgeTrackingUri(variables, snapshot, where)].map((each) => ({
    ...each,
    id: `shell/${each.id}`,
  }));
}

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
      if (!reply.ok) context.terminal.say(failureText(reply.error));
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
  for (const { kind, text, status } of doctorLines(findings, nameOf)) {
    if (kind === 'group') terminal.print(`\n${text}`);
    else if (kind === 'hint') terminal.print(`      ${text}`);
    else {
      const [shape = '', ...rest] = text.split(' ');
      terminal.print(`  ${status === null ? shape : terminal.colour(colours[status], shape)} ${rest.join(' ')}`);
    }
  }
  terminal.print(`\n${doctor.cancelled ? 'Stopped. ' : ''}${doctorSummary(findings)}`);
}
