/** What each call of the contract does. Arguments have been parsed; every outcome is a Reply. */
import type { CallArgs, CallName, CallReply } from '../shared/contract.ts';
import { done, failed, failure, type Reply } from '../shared/failure.ts';
import type { Forward } from '../shared/forward.ts';
import type { ServerProfile } from '../shared/server.ts';
import type { Demo } from './demo.ts';
import type { DesktopKeeper } from './desktop/desktop-keeper.ts';
import type { Doctor } from './doctor/doctor.ts';
import type { Environments } from './environment/environments.ts';
import type { Hosts } from './hosts/hosts.ts';
import type { Keys } from './keys/keys.ts';
import type { Log } from './log.ts';
import type { Host, LocalPorts } from './ports.ts';
import type { Quitting } from './quitting.ts';
import type { ReportMaker } from './report.ts';
import type { Prompts } from './prompts.ts';
import type { Secrets } from './secrets.ts';
import { usesAddress, type HostKeys } from './servers/host-keys.ts';
import type { Profiles } from './servers/profiles.ts';
import type { Discovery } from './services/discovery.ts';
import type { History } from './services/history.ts';
import type { Prober } from './services/prober.ts';
import { parseSshLine } from './servers/ssh-line.ts';
import { setNewPassword } from './setup/new-password.ts';
import { adopt } from './setup/adopting.ts';
import type { Credentials } from './setup/credentials.ts';
import type { FactsReader } from './setup/facts/reader.ts';
import type { Preparation } from './setup/run/preparation.ts';
import type { SetupRuns } from './setup/run/setup-runs.ts';
import { readStackFile, writeStackFile } from './setup/stack/stack-file.ts';
import type { Checks } from './setup/verify/checks.ts';
import type { SettingsKeeper } from './settings.ts';
import type { State } from './state.ts';
import type { Tunnels } from './tunnels/tunnels.ts';

export interface CallDeps {
  readonly state: State;
  readonly log: Log;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  readonly hostKeys: HostKeys;
  readonly profiles: Profiles;
  readonly settings: SettingsKeeper;
  readonly tunnels: Tunnels;
  readonly keys: Keys;
  readonly demo: Demo;
  readonly host: Host;
  readonly localPorts: LocalPorts;
  readonly facts: FactsReader;
  readonly preparation: Preparation;
  readonly setup: SetupRuns;
  readonly credentials: Credentials;
  readonly checks: Checks;
  readonly prober: Prober;
  readonly history: History;
  readonly discovery: Discovery;
  readonly environments: Environments;
  readonly doctor: Doctor;
  readonly desktop: DesktopKeeper;
  readonly reports: ReportMaker;
  readonly quitting: Quitting;
  readonly hosts: Hosts;
}

export type Handlers = {
  readonly [K in CallName]: (args: CallArgs<K>) => CallReply<K> | Promise<CallReply<K>>;
};

export function createHandlers(deps: CallDeps): Handlers {
  const {
    state,
    log,
    prompts,
    secrets,
    hostKeys,
    profiles,
    settings,
    tunnels,
    keys,
    demo,
    host,
    facts,
    setup,
    credentials,
    checks,
    prober,
    history,
    discovery,
    localPorts,
    environments,
    doctor,
    desktop,
    reports,
    quitting,
    hosts,
  } = deps;
  /** A pin is for the place, not for the server: it goes with the last server there. */
  const leave = async ({ address, port }: ServerProfile) => {
    const used = profiles.all().some((each) => usesAddress(each, address, port));
    if (!used) await hostKeys.forget(address, port);
  };
  const findForward = (serverId: string, forwardId: string): Reply<Forward> => {
    const found = profiles.find(serverId);
    if (!found.ok) return found;
    const forward = found.value.forwards.find((each) => each.id === forwardId);
    return forward ? done(forward) : failed(failure('not-found', 'There is no such tunnel.'));
  };
  return {
    'snapshot.get': () => done(state.get()),

    'servers.add': ({ draft }) => profiles.add(draft),
    'servers.edit': async ({ serverId, draft }) => {
      const found = profiles.find(serverId);
      const edited = await profiles.edit(serverId, draft);
      if (found.ok && edited.ok) await leave(found.value);
      return edited;
    },
    'servers.duplicate': ({ serverId }) => profiles.duplicate(serverId),
    'servers.move': ({ serverId, index }) => profiles.move(serverId, index),
    'servers.remove': async ({ serverId }) => {
      const found = profiles.find(serverId);
      if (!found.ok) return found;
      const removed = await profiles.remove(serverId);
      if (!removed.ok) return removed;
      const { name, stacks } = found.value;
      await secrets.forget(serverId, name);
      for (const { environment } of stacks) await secrets.forgetStack(serverId, environment);
      await environments.serverRemoved(found.value);
      await leave(found.value);
      if (found.value.demo) await demo.removed();
      // The system may ask a person for leave; the server is gone whatever they say.
      void hosts.changes.serverRemoved(found.value);
      return done({});
    },
    'servers.parse-ssh': ({ line }) => parseSshLine(line),
    'servers.forget-secrets': async ({ serverId }) => {
      const found = profiles.find(serverId);
      if (!found.ok) return found;
      tunnels.forgetSecrets(serverId);
      const forgotten = await secrets.forget(serverId, found.value.name);
      return forgotten.ok ? done({}) : forgotten;
    },

    'forwards.add': ({ serverId, draft, forNames }) => profiles.addForward(serverId, draft, forNames),
    'forwards.edit': ({ serverId, forwardId, draft }) => profiles.editForward(serverId, forwardId, draft),
    'forwards.remove': ({ serverId, forwardId }) => profiles.removeForward(serverId, forwardId),

    'wanted.set': ({ serverId, forwardId, on }) => profiles.setWanted(serverId, forwardId, on),
    'wanted.set-all': ({ on }) => profiles.setAllWanted(on),
    'connection.retry': ({ serverId }) => {
      const found = profiles.find(serverId);
      if (!found.ok) return found;
      if (!found.value.wanted) {
        return failed(failure('conflict', `${found.value.name} is off.`, { hint: 'Connect it first.' }));
      }
      tunnels.retry(serverId);
      prober.retry(serverId);
      return done({});
    },

    'prompts.answer': ({ promptId, answer }) => prompts.answer(promptId, answer),
    'prompts.cancel': ({ promptId }) => prompts.cancel(promptId),

    'host-keys.expect': async ({ serverId, fingerprint }) => {
      const found = profiles.find(serverId);
      if (!found.ok) return found;
      const expected = await hostKeys.expect(found.value.address, found.value.port, fingerprint);
      return expected.ok ? done({}) : expected;
    },
    'host-keys.write-known-hosts': ({ serverId }) => {
      const found = profiles.find(serverId);
      if (!found.ok) return found;
      const { address, port, name } = found.value;
      const pinned = hostKeys.pinned(address, port);
      if (pinned) return hostKeys.writeKnownHosts(address, port, pinned);
      return failed(
        failure('not-found', `Mooring has not stored a host key of ${name}.`, {
          hint: 'Connect once and accept its key. A key that is trusted by known_hosts already is there to stay.',
        }),
      );
    },

    'keys.list': () => keys.list(),
    'keys.make': (wanted) => keys.make(wanted),
    'keys.install': ({ serverId, path, useIt }) => keys.install(serverId, path, useIt),

    'settings.set': ({ patch }) => settings.set(patch),
    'keychain.probe': async () => {
      await secrets.probe();
      return done({});
    },
    'notices.dismiss': ({ noticeId }) => {
      state.update((now) => ({ ...now, notices: now.notices.filter((each) => each.id !== noticeId) }));
      return done({});
    },

    'logs.get': (filter) => done({ entries: log.read(filter) }),

    'demo.start': () => demo.start(),
    'demo.break': async ({ fault }) => {
      const broken = await demo.break(fault);
      return broken.ok ? done({}) : broken;
    },

    'facts.get': ({ serverId }) => facts.read(serverId),

    'stacks.read-file': ({ text }) => {
      const read = readStackFile(text);
      return read.ok ? done({ draft: read.value }) : read;
    },
    'stacks.write-file': ({ draft }) => done({ text: writeStackFile(draft) }),

    'setup.plan': ({ serverId, draft }) => setup.plan(serverId, draft),
    'setup.plan-uninstall': ({ serverId, environment, removeData }) =>
      setup.planUninstall(serverId, environment, removeData),
    'setup.script': ({ serverId, draft }) => setup.script(serverId, draft),
    'setup.start': ({ serverId, draft, secrets: handed }) => setup.start(serverId, draft, handed),
    'setup.uninstall': ({ serverId, environment, removeData, serverName }) =>
      setup.uninstall(serverId, environment, removeData, serverName),
    'setup.cancel': ({ serverId, how }) => setup.cancel(serverId, how),
    'setup.dismiss': ({ serverId }) => setup.dismiss(serverId),
    'setup.look': ({ serverId }) => setup.look(serverId),
    'setup.log': ({ serverId, afterSeq }) => setup.readLog(serverId, afterSeq),
    'setup.adopt': ({ serverId, ...wanted }) => adopt(serverId, wanted, deps),
    'setup.offers': ({ serverId }) => setup.offers(serverId),
    'setup.plan-put-right': ({ serverId, port, offers }) => setup.planPutRight(serverId, port, offers),
    'setup.put-right': ({ serverId, port, offers }) => setup.putRight(serverId, port, offers),
    'setup.forget': ({ serverId, environment }) => setup.forget(serverId, environment),
    'setup.reveal-password': ({ serverId, environment }) => credentials.reveal(serverId, environment),
    'setup.reveal-keys': ({ serverId, environment }) => credentials.revealKeys(serverId, environment),
    'setup.change-password': ({ serverId, environment, password }) =>
      setNewPassword(serverId, environment, password, deps),
    'setup.add-user': ({ serverId, environment, user, password }) =>
      credentials.addUser(serverId, environment, user, password),

    'verify.start': ({ serverId, environment, artifactBytes }) => checks.start(serverId, environment, artifactBytes),
    'verify.cancel': ({ serverId }) => checks.cancel(serverId),

    'services.check': ({ serverId, forwardId }) => prober.check(serverId, forwardId),
    'services.refresh': ({ serverId, olderThanMs }) => prober.refresh(serverId, olderThanMs),
    'services.discover': ({ serverId }) => discovery.discover(serverId),
    'services.dismiss-new': ({ serverId }) => discovery.dismissNew(serverId),
    'forwards.history': ({ serverId, forwardId }) => {
      const found = findForward(serverId, forwardId);
      return found.ok ? done(history.read(forwardId)) : found;
    },
    'forwards.clients': async ({ serverId, forwardId }) => {
      const found = findForward(serverId, forwardId);
      if (!found.ok) return found;
      const { address, port, alsoIpv6 } = found.value.bind;
      return done({ clients: await localPorts.clients(alsoIpv6 ? [address, '::1'] : [address], port) });
    },

    'doctor.start': ({ serverId }) => doctor.start(serverId),
    'doctor.cancel': () => doctor.cancel(),
    'doctor.tighten-key': ({ serverId }) => doctor.tightenKey(serverId),

    'environment.get': (which) => environments.get(which),
    'environment.text': ({ format, withSecrets, ...which }) => environments.text(which, { format, withSecrets }),
    'environment.copy': ({ format, withSecrets, ...which }) => environments.copy(which, { format, withSecrets }),
    'environment.write-aws': (which) => environments.writeAws(which),
    'environment.remove-aws': (which) => environments.removeAws(which),

    'hosts.get': ({ serverId }) => hosts.get(serverId),
    'hosts.set': ({ serverId, hosts: wish, confirmed }) => hosts.set(serverId, wish, confirmed ?? false),
    'hosts.diff': ({ serverId, ...wished }) => hosts.changes.diff(serverId, wished),
    'hosts.apply': ({ serverId, ...options }) => hosts.changes.apply(serverId, options),
    'hosts.remove': ({ serverId, overDrift }) => hosts.changes.remove(serverId, overDrift ?? false),
    'hosts.keep-theirs': ({ serverId }) => hosts.changes.keepTheirs(serverId),
    'hosts.history': ({ serverId }) => done({ entries: hosts.changes.history(serverId) }),
    'hosts.restore': ({ serverId, ...options }) => hosts.changes.restore(serverId, options),
    'hosts.parse-text': ({ serverId, text }) => hosts.parseText(serverId, text),

    'login-item.set': ({ on }) => desktop.setLoginItem(on),
    'updates.check': () => desktop.checkForUpdates(),
    'updates.install': () =>
      desktop.installUpdate((install) => {
        quitting.ask(install);
      }),

    'report.make': async () => done({ text: await reports.make() }),
    'report.save': ({ text }) => reports.save(text),

    'app.open-window': ({ view }) => host.openWindow(view ?? null),
    'app.quit': ({ careful }) => {
      if (careful) quitting.ask();
      else host.quit();
      return done({});
    },
  };
}
