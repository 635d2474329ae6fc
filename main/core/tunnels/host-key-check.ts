/** From a host key that a server shows to a yes or no, with the user's word where it is needed. */
import { failure, type Failure } from '../../shared/failure.ts';
import type { PromptAnswer, PromptBody } from '../../shared/prompt.ts';
import type { ServerProfile } from '../../shared/server.ts';
import type { HostKeys, HostKeyVerdict, PresentedKey } from '../servers/host-keys.ts';

export interface HostKeyCheckDeps {
  readonly hostKeys: HostKeys;
  readonly profile: ServerProfile;
  readonly useKnownHosts: boolean;
  /** Puts a question to the user; null: cancelled. */
  ask(body: PromptBody): Promise<PromptAnswer | null>;
  log(level: 'info' | 'warn', message: string): void;
}

/** Null: trust it. A failure says why not. */
export async function checkHostKey(deps: HostKeyCheckDeps, presented: PresentedKey): Promise<Failure | null> {
  const { hostKeys, profile, useKnownHosts } = deps;
  const { address, port } = profile;
  const verdict = await hostKeys.judge(address, port, presented, useKnownHosts);
  if (verdict.kind === 'trusted') {
    await hostKeys.seen(address, port, presented);
    return null;
  }
  if (verdict.kind === 'revoked') {
    return failure('host-key-revoked', `The host key of ${profile.name} is marked as revoked.`, {
      hint: `See ${verdict.storedIn}. Ask who runs the server; do not connect until the key is replaced.`,
      detail: presented.fingerprint,
    });
  }
  const answer = await askAboutKey(deps, presented, verdict);
  if (answer?.kind !== 'accept-host-key') {
    deps.log('info', `The host key ${presented.fingerprint} was not accepted: staying disconnected.`);
    return refusal(profile.name, presented, verdict);
  }
  deps.log('info', `You accepted the host key ${presented.fingerprint}.`);
  const pinned = await hostKeys.pin(address, port, presented);
  if (!pinned.ok) deps.log('warn', `The host key is trusted for this run only. ${pinned.error.message}`);
  if (answer.alsoKnownHosts) {
    const written = await hostKeys.writeKnownHosts(address, port, presented);
    if (written.ok) deps.log('info', `The host key is now in ${written.value.path}.`);
    else deps.log('warn', written.error.message);
  }
  return null;
}

function askAboutKey(
  deps: HostKeyCheckDeps,
  presented: PresentedKey,
  verdict: Extract<HostKeyVerdict, { kind: 'unknown' | 'changed' }>,
): Promise<PromptAnswer | null> {
  const { address, port } = deps.profile;
  const host = port === 22 ? address : `[${address}]:${String(port)}`;
  const shown = { keyType: presented.keyType, fingerprint: presented.fingerprint };
  if (verdict.kind === 'unknown') {
    deps.log('info', `New host key, ${shown.keyType} ${shown.fingerprint}: waiting for you to accept it.`);
    return deps.ask({ kind: 'host-key-unknown', host, presented: shown });
  }
  const known = verdict.known.map((each) => `${each.fingerprint} (${each.storedIn})`).join(', ');
  deps.log('warn', `The host key has changed from ${known} to ${shown.fingerprint}: waiting for you.`);
  return deps.ask({ kind: 'host-key-changed', host, presented: shown, known: verdict.known });
}

function refusal(name: string, presented: PresentedKey, verdict: HostKeyVerdict): Failure {
  if (verdict.kind === 'changed') {
    return failure('host-key-changed', `The host key of ${name} has changed.`, {
      hint: 'Try again to compare the two keys. If the server was rebuilt, you can accept the new one then.',
      detail: presented.fingerprint,
    });
  }
  return failure('host-key-rejected', `The host key of ${name} was not accepted.`, {
    hint: 'Try again to see it once more. Whoever runs the server can tell you its fingerprint.',
    detail: presented.fingerprint,
  });
}
