/** A report of a problem: what helps to understand it, with everything that tells who and where replaced. */
import type { Reply } from '../shared/failure.ts';
import type { ServerProfile } from '../shared/server.ts';
import type { Log } from './log.ts';
import type { Clock, Reports } from './ports.ts';
import { createRedactor } from './redact.ts';
import { knownOf, reportText } from './report-text.ts';
import type { State } from './state.ts';

/** Characters. */
export const maxReportLength = 500_000;
/** What is left free of that for the user's own words. */
const roomForWords = 20_000;
/** The newest lines of the log that go in. */
const logLines = 300;

export interface ReportDeps {
  readonly reports: Reports;
  readonly state: State;
  readonly log: Log;
  readonly clock: Clock;
}

export class ReportMaker {
  readonly #deps: ReportDeps;

  /** What told of who and where in this run, each once. */
  readonly #seen = new Map<string, ServerProfile>();

  constructor(deps: ReportDeps) {
    this.#deps = deps;
  }

  /** Servers that are gone or were called otherwise by now still stand in the log. */
  noteProfiles(profiles: readonly ServerProfile[]): void {
    for (const profile of profiles) this.#seen.set(identityOf(profile), profile);
  }

  async make(): Promise<string> {
    const { reports, state, log, clock } = this.#deps;
    const facts = await reports.facts();
    const snapshot = state.get();
    const redactor = createRedactor(
      knownOf(
        [...snapshot.servers.map((each) => each.profile), ...this.#seen.values()],
        snapshot.dataDir,
        reports.personal(),
      ),
    );
    const entries = log.read({ limit: logLines });
    return reportText({
      snapshot,
      facts,
      entries,
      nowMs: clock.nowMs(),
      redactor,
      maxLength: maxReportLength - roomForWords,
    });
  }

  /** Fails with `storage-failed`. */
  save(text: string): Promise<Reply<{ path: string }>> {
    return this.#deps.reports.save(text);
  }
}

/** What a report could give away of a profile; switching it on and off makes no other. */
const identityOf = ({ name, address, user, login, forwards }: ServerProfile): string =>
  JSON.stringify([name, address, user, login, forwards.map((each) => [each.label, each.target.host])]);
