/** Every port of the core on this machine, as both hosts (headless, Electron) use them. */
import { homedir, hostname, userInfo } from 'node:os';
import { proxyOf } from '../shared/environment/environment.ts';
import type { Desktop } from '../core/desktop/desktop-ports.ts';
import type { Host, Ports, Power } from '../core/ports.ts';
import { savedProblems } from '../core/servers/saved.ts';
import { createAwsFiles } from './aws-files.ts';
import { createClock } from './clock.ts';
import { createDiagnosis } from './diagnosis.ts';
import { createDemoServer } from './demo-server/demo-server.ts';
import { createSshEngine } from './engine/ssh-engine.ts';
import { handedPrograms } from './handed-programs.ts';
import { createElevation } from './elevation.ts';
import { createHostsFile } from './hosts-file.ts';
import { createHttpClient } from './http-client.ts';
import { createKeychain, type SystemKeychain } from './keychain.ts';
import { createKnownHosts } from './known-hosts.ts';
import { createLocalPorts } from './local-ports.ts';
import { createLogFile } from './log-file.ts';
import { createNameLookup } from './name-lookup.ts';
import { createNetwork } from './network.ts';
import { createPlaybooks } from './playbooks.ts';
import { createPrivateKeys } from './private-keys.ts';
import { createRandom } from './random.ts';
import { createReleases } from './releases.ts';
import { createReports } from './reports.ts';
import { createStateFiles } from './state-files.ts';
import { createUploads } from './uploads.ts';

export interface SystemPorts extends Ports {
  readonly keychain: SystemKeychain;
}

export interface SystemPortsOptions {
  readonly dataDir: string;
  readonly host: Host;
  /** What the desktop app brings along; plain Node has none of it. */
  readonly desktop?: {
    readonly desktop: Desktop;
    readonly power: Power;
    readonly facts: readonly (readonly [name: string, value: string])[];
  };
}

export function createSystemPorts({ dataDir, host, desktop }: SystemPortsOptions): SystemPorts {
  const homeDir = homedir();
  return {
    clock: createClock(),
    random: createRandom(),
    engine: createSshEngine(),
    files: createStateFiles({ dataDir, check: savedProblems }),
    keychain: createKeychain(),
    privateKeys: createPrivateKeys({ homeDir }),
    knownHosts: createKnownHosts({ homeDir }),
    network: createNetwork(),
    localPorts: createLocalPorts(),
    demo: createDemoServer(),
    host,
    logSink: createLogFile({ dataDir }),
    power: desktop?.power ?? { listen: () => () => undefined },
    reports: createReports({ dataDir, hostFacts: desktop?.facts ?? [] }),
    uploads: createUploads({ homeDir }),
    releases: createReleases({ dataDir }),
    playbooks: createPlaybooks({ homeDir }),
    http: createHttpClient(),
    hostsFile: createHostsFile({ dataDir }),
    elevation: createElevation(),
    nameLookup: createNameLookup(),
    diagnosis: createDiagnosis({ homeDir, dataDir }),
    awsFiles: createAwsFiles({ homeDir }),
    machine: {
      name: hostname(),
      user: userName(),
      handedPrograms: () => handedPrograms(process.env),
      proxy: () => proxyOf(process.env),
      releasesMirror: process.env['MOORING_RELEASES_MIRROR'] ?? null,
    },
    desktop: desktop?.desktop ?? null,
  };
}

/** An account without a name (a container with a foreign uid) has none to tell. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}
