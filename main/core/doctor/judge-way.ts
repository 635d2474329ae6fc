/** The way to a server: its name, its port, its host key, the login. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import { failureClass, failureLine } from '../../shared/failure.ts';
import { formatEndpoint } from '../../shared/forward.ts';
import { publicHalfWords } from '../../shared/keys.ts';
import type { ServerView } from '../../shared/snapshot.ts';
import { quoted, quotedPath } from '../../shared/shell-words.ts';
import { sentence } from '../../shared/sentence.ts';
import type { Prompt } from '../../shared/prompt.ts';
import { describeDuration } from '../../shared/words.ts';
import type { KeyFileLook, ReachLook, ResolveLook } from './diagnosis.ts';
import { finding, well, type Find } from './finding.ts';

export interface WayLooks {
  /** Null: the login uses no key file. */
  readonly key: { readonly path: string; readonly look: KeyFileLook } | null;
  /** Null: an address, not a name. */
  readonly resolved: ResolveLook | null;
  /** Null while connected: the connection is proof enough. */
  readonly reached: ReachLook | null;
}

/** `prompts`: all that are open. */
export function judgeWay(
  server: ServerView,
  { key, resolved, reached }: WayLooks,
  nowMs: number,
  prompts: readonly Prompt[],
): readonly Finding[] {
  const find = finding('way', server.profile.id);
  return [
    ...(key === null ? [] : [keyFinding(find, server, key.path, key.look)]),
    ...(resolved === null ? [] : [nameFinding(find, server, resolved)]),
    ...(reached === null ? [] : [portFinding(find, server, reached)]),
    connectionFinding(find, server, nowMs, prompts),
  ];
}

function keyFinding(find: Find, { profile }: ServerView, path: string, look: KeyFileLook): Finding {
  const title = 'Key file';
  const choose = `mooring server edit ${quoted(profile.name)} --key`;
  switch (look.kind) {
    case 'private':
      return find(well('key-file', title, `${path} is there, for you alone.`));
    case 'public':
      return find({
        id: 'key-file',
        title,
        status: 'broken',
        seen: publicHalfWords(path),
        hint: `Choose the private half${look.other === null ? ', the file of the same name without .pub' : ''}: ${choose} ${look.other === null ? 'FILE' : quotedPath(look.other)}`,
      });
    case 'open':
      return find({
        id: 'key-file',
        title,
        status: 'warning',
        seen: `${path} can be read by others on this machine (mode ${look.mode}); ssh refuses such a key.`,
        hint: `Make it yours alone: chmod 600 ${quotedPath(path)}`,
        fix: { kind: 'tighten-key', serverId: profile.id },
      });
    case 'foreign':
      return find({
        id: 'key-file',
        title,
        status: 'warning',
        seen: `${path} belongs to ${look.owner}.`,
        hint: 'Copy it to your own ~/.ssh and choose that copy.',
      });
    case 'no-file':
      return find({
        id: 'key-file',
        title,
        status: 'broken',
        seen: `${path} is ${look.isFolder ? 'a folder, not a key file' : 'not a plain file'}.`,
        hint: `Choose ${look.isFolder ? 'the file in it' : 'a private key file'}: ${choose} FILE`,
      });
    case 'absent':
      return find({
        id: 'key-file',
        title,
        status: 'broken',
        seen: `There is no ${path}.`,
        hint: `Choose the right file: ${choose} FILE. Cloud consoles hand the key out once only; without it, add another there.`,
      });
    case 'unreadable':
      return find({
        id: 'key-file',
        title,
        status: 'broken',
        seen: `${path} can’t be read: ${look.why}.`,
        hint: `Make it yours: chmod 600 ${quotedPath(path)}`,
      });
    default:
      return look satisfies never;
  }
}

function nameFinding(find: Find, { profile: { address } }: ServerView, look: ResolveLook): Finding {
  const title = 'Name of the server';
  switch (look.kind) {
    case 'found': {
      const seen = `${address} is ${look.addresses.join(', ')}`;
      if (look.tookMs <= 2_000) return find(well('name', title, `${seen}.`));
      return find({
        id: 'name',
        title,
        status: 'warning',
        seen: `${seen}, but it took ${describeDuration(look.tookMs)} to find out.`,
        hint: 'A name server does not answer, or (.local) multicast is waited for. The address in place of the name is quicker.',
      });
    }
    case 'unknown':
      return find({
        id: 'name',
        title,
        status: 'broken',
        seen: `No name server knows ${address}.`,
        hint: 'Look for a typing error; is a VPN needed for it? Or give the address (floating or public IP) in place of the name.',
      });
    case 'failed':
      return find({
        id: 'name',
        title,
        status: 'broken',
        seen: `${address} could not be looked up: ${look.why}.`,
        hint: 'Is this machine’s network up? Or give the address in place of the name.',
      });
    default:
      return look satisfies never;
  }
}

function portFinding(find: Find, { profile }: ServerView, look: ReachLook): Finding {
  const title = 'SSH port';
  const place = formatEndpoint(profile.address, profile.port);
  switch (look.kind) {
    case 'ssh':
      return find(well('port', title, `${place} answers as ${look.software} after ${String(look.tookMs)} ms.`));
    case 'other':
      return find({
        id: 'port',
        title,
        status: 'broken',
        seen:
          look.said === ''
            ? `${place} takes connections but hangs up at once.`
            : `${place} is no SSH server: it says “${look.said}”.`,
        hint:
          look.said === ''
            ? 'fail2ban or MaxStartups may be turning you away: wait ten minutes, then try once. Or the port is the wrong one.'
            : 'Look the port up: 22 is usual for SSH, 80, 443, 5000 and 9000 are not.',
      });
    case 'silent':
      return find({
        id: 'port',
        title,
        status: 'broken',
        seen: `${place} takes the connection but says nothing.`,
        hint: 'The server may be out of memory or just starting. Look at its console, and restart it there if it stays so.',
      });
    case 'refused':
      return find({
        id: 'port',
        title,
        status: 'broken',
        seen: `${place} refuses: the machine is there, but no SSH server listens on this port.`,
        hint: 'Is the port right? On the machine’s console: systemctl status ssh',
      });
    case 'filtered':
      return find({
        id: 'port',
        title,
        status: 'broken',
        seen: `${place} does not answer at all.`,
        hint: 'Is the VM running, and its address still the same? A security group or firewall has to let your network in on this port; some networks need a VPN.',
      });
    case 'no-route':
      return find({
        id: 'port',
        title,
        status: 'broken',
        seen: `There is no way to ${place}: ${look.why}.`,
        hint: 'Is this machine’s network up, and the VPN where one is needed?',
      });
    default:
      return look satisfies never;
  }
}

function connectionFinding(
  find: Find,
  { profile, connection }: ServerView,
  nowMs: number,
  prompts: readonly Prompt[],
): Finding {
  const { id: serverId, user, name } = profile;
  const title = 'Connection and login';
  const base = { id: 'connection', title } as const;
  switch (connection.kind) {
    case 'up': {
      const { latencyMs, software, sinceMs } = connection;
      const pace = latencyMs === null ? '' : `, ${String(Math.round(latencyMs))} ms away`;
      const seen = `Logged in as ${user} for ${describeDuration(nowMs - sinceMs)}${pace}; the server is ${software}.`;
      if (latencyMs === null || latencyMs < 1_000) return find(well('connection', title, seen));
      return find({
        ...base,
        status: 'warning',
        seen,
        hint: 'The way is slow or crowded: large artifacts will take long.',
      });
    }
    case 'off':
      return find({
        ...base,
        status: 'unknown',
        seen: `${name} is switched off here, so no login was tried.`,
        hint: 'Connect it, and look again.',
        fix: { kind: 'connect', serverId },
      });
    case 'connecting':
      return find({
        ...base,
        status: 'unknown',
        seen: 'It is being connected just now.',
        hint: 'Look again in a moment.',
      });
    case 'needs-you': {
      const { promptId } = connection;
      const prompt = prompts.find(({ id }) => id === promptId);
      const answer = `mooring answer ${quoted(name)}`;
      return find({
        ...base,
        status: 'broken',
        // A login that failed is put as a question whether to try again: why it failed is what helps.
        seen: prompt?.kind === 'confirm' ? sentence(prompt.message) : `${name} waits for an answer of yours.`,
        hint:
          prompt?.kind === 'confirm'
            ? `Then try again, in the window or by: ${answer} --yes`
            : `Answer it in the window, or by: ${answer}`,
        fix: { kind: 'answer', serverId, promptId },
      });
    }
    case 'waiting':
    case 'failed': {
      const { failure } = connection;
      const kind = { 'host-key': 'Host key', authentication: 'Login' }[String(failureClass(failure.code))] ?? title;
      return find({
        id: 'connection',
        title: kind,
        status: 'broken',
        seen: `${failureLine(failure)}${failure.detail === undefined ? '' : ` (${failure.detail.slice(0, 200)})`}.`,
        hint: failure.hint,
        fix: { kind: 'retry', serverId },
      });
    }
    default:
      return connection satisfies never;
  }
}
