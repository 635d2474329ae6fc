/** Writes one change at a time: as this user where that is allowed, else by the system's question. */
import { done, failed, failure, type Failure, type Reply } from '../../shared/failure.ts';
import type { HostsHistoryEntry, HostsOutcome } from '../../shared/hosts.ts';
import type { Ports } from '../ports.ts';
import { byHand } from './by-hand.ts';
import { editFor, findBlock, type WantedBlock } from './hosts-edit.ts';
import type { HostsChange, HostsContent, HostsWriteResult } from './hosts-ports.ts';
import type { HostsRecord } from './hosts-record.ts';
import type { HostsText } from './hosts-text.ts';

export interface HostsWriterDeps {
  readonly ports: Pick<Ports, 'hostsFile' | 'elevation' | 'clock' | 'random'>;
  readonly record: HostsRecord;
}

export interface HostsWrite {
  /** The file that the change is made from. */
  readonly content: HostsContent;
  readonly hosts: HostsText;
  readonly wanted: WantedBlock;
  readonly entry: Pick<HostsHistoryEntry, 'serverId' | 'serverName' | 'how'>;
  readonly lineEnd: '\n' | '\r\n';
}

export class HostsWriter {
  readonly #deps: HostsWriterDeps;
  #underWay: { readonly serverId: string; readonly done: Promise<unknown> } | null = null;

  constructor(deps: HostsWriterDeps) {
    this.#deps = deps;
  }

  /** The server whose names are being written. */
  get writingFor(): string | null {
    return this.#underWay?.serverId ?? null;
  }

  async idle(): Promise<void> {
    await this.#underWay?.done;
  }

  /** Nothing to change: nobody is asked. Fails with `conflict` while another change is under way. */
  write(write: HostsWrite): Promise<Reply<HostsOutcome>> {
    const { hosts, wanted, entry, lineEnd } = write;
    const edit = editFor(hosts, wanted, lineEnd);
    if (edit === null) {
      this.#deps.record.note(wanted.id, wanted.lines.length === 0 ? null : wanted.lines);
      return Promise.resolve(done({ kind: 'unchanged' }));
    }
    if (this.#underWay) return Promise.resolve(failed(busy));
    const change = { blockId: wanted.id, from: write.content.sha256, ...edit };
    const writing = this.#write(write, change).finally(() => {
      this.#underWay = null;
    });
    this.#underWay = { serverId: entry.serverId, done: writing.catch(() => undefined) };
    return writing;
  }

  async #write(write: HostsWrite, change: HostsChange): Promise<Reply<HostsOutcome>> {
    const { hostsFile, clock, random } = this.#deps.ports;
    const { content, hosts, wanted, entry } = write;
    const id = random.id();
    const backup = await hostsFile.keepBackup(id, content.text);
    const result = await this.#put(content, change);
    switch (result.kind) {
      case 'written': {
        const after = wanted.lines.length === 0 ? null : wanted.lines;
        const before = findBlock(hosts, wanted.id)?.body ?? null;
        this.#deps.record.note(wanted.id, after);
        this.#deps.record.add({ id, ...entry, atMs: clock.nowMs(), before, after, backup });
        return done({ kind: 'written' });
      }
      case 'cancelled':
        return done({ kind: 'cancelled' });
      case 'unavailable':
        return done({ kind: 'by-hand', byHand: byHand(hosts, wanted, hostsFile), reason: result.reason });
      case 'changed':
        return failed(
          failure('conflict', `${hostsFile.path} was changed by somebody else at the same moment.`, {
            hint: 'Nothing was written. Look at the change again, then write it.',
          }),
        );
      case 'failed':
        return failed(result.failure);
      default:
        return result satisfies never;
    }
  }

  async #put(content: HostsContent, change: HostsChange): Promise<HostsWriteResult> {
    const { hostsFile, elevation } = this.#deps.ports;
    if (!content.writable) return elevation.writeHosts(hostsFile.path, change);
    const result = await hostsFile.write(change);
    // What Windows says of rights is not always so: then a person is asked.
    const refused = result.kind === 'failed' && result.failure.code === 'storage-failed';
    return refused && hostsFile.platform === 'win32' ? elevation.writeHosts(hostsFile.path, change) : result;
  }
}

const busy: Failure = failure('conflict', 'A change of the hosts file is under way.', {
  hint: 'The system may be asking for a password in a window of its own: answer that first.',
});
