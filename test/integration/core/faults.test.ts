/** Faults, one after another, on a real core with real sockets; each must end in a true state, without a command. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSshEngine } from '../../../main/adapters/engine/ssh-engine.ts';
import { failed, failure } from '../../../main/shared/failure.ts';
import type { ServerDraft } from '../../../main/shared/server.ts';
import { fingerprintOf } from '../../support/fingerprint.ts';
import { allUp, startLiveCore, type LiveCore } from '../../support/live-core.ts';
import { startRelay, type Relay } from '../../support/relay.ts';
import { makeKeyPair, startSshDouble, type SshDouble } from '../../support/ssh-double.ts';
import { freePort } from '../../support/sshd.ts';
import * as sshds from '../../support/sshd.ts';
import { waitFor, within } from '../../support/wait.ts';

const payload = Buffer.alloc(4_000_000, 'mooring');
let faults = 0;

/** What stands behind the tunnel: `/` answers at once, `/big` sends 4 MB, `/slow` sends for ever. */
function startTarget(port = 0): Promise<Server> {
  const server = createHttpServer((request, response) => {
    if (request.url === '/big') response.end(payload);
    else if (request.url === '/slow') {
      const timer = setInterval(() => response.write('tick'), 5);
      response.on('close', () => {
        clearInterval(timer);
      });
    } else response.end('it works');
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

const stopTarget = (server: Server) =>
  new Promise<void>((resolve) => {
    server.closeAllConnections();
    server.close(() => {
      resolve();
    });
  });

const portOf = (server: Server) => (server.address() as AddressInfo).port;

let app: LiveCore;
let ssh: SshDouble;
let relay: Relay;
let target: Server;
let localPort: number;
let sshPort: number;
let fullDisk = false;
/** How often the engine was told to ask a link for a sign of life. */
let linkChecks = 0;

const draft = (more: Partial<ServerDraft> = {}): ServerDraft => ({
  name: 'lab',
  address: '127.0.0.1',
  port: relay.port,
  user: 'ada',
  login: { kind: 'auto' },
  forwards: [
    {
      label: 'MLflow',
      service: 'mlflow',
      bind: { address: '127.0.0.1', port: localPort, alsoIpv6: false },
      target: { host: '127.0.0.1', port: portOf(target) },
    },
  ],
  ...more,
});

const fetchText = async (path = '/') =>
  (
    await fetch(`http://127.0.0.1:${String(localPort)}${path}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(12_000),
    })
  ).text();

/** What the snapshot says is so: up means that the tunnel serves, in full. */
async function expectTruth(): Promise<void> {
  // Longer than a greeting that never comes may take.
  await app.until('all up', allUp, 20_000);
  expect(await fetchText()).toBe('it works');
  expect((await fetchText('/big')).length).toBe(payload.length);
  faults += 1;
}

const upSince = () => {
  const { connection } = app.server();
  return connection.kind === 'up' ? connection.sinceMs : null;
};

/** Breaks something that ends the connection of now, and awaits the next one. */
async function breakLink(how: () => void | Promise<void>, timeoutMs = 15_000): Promise<void> {
  const before = upSince();
  await how();
  await app.until('another connection', (now) => allUp(now) && upSince() !== before, timeoutMs);
}

/** The link of now is dead without a word; the next one would live. */
function loseSilently(): void {
  relay.blackhole();
  relay.restore();
}

beforeEach(async () => {
  fullDisk = false;
  target = await startTarget();
  ssh = await startSshDouble();
  sshPort = ssh.port;
  relay = await startRelay({
    get port() {
      return sshPort;
    },
  });
  localPort = await freePort();
  app = await startLiveCore((ports) => ({
    ...ports,
    // Pauses at the short end, for there is much to get through.
    random: { ...ports.random, fraction: () => 0.05 },
    engine: {
      send: (command) => {
        if (command.kind === 'check-link') linkChecks += 1;
        ports.engine.send(command);
      },
      listen: (onEvent) => {
        ports.engine.listen(onEvent);
      },
      close: () => ports.engine.close(),
    },
    files: {
      ...ports.files,
      servers: {
        load: ports.files.servers.load,
        save: (value) =>
          fullDisk
            ? Promise.resolve(failed(failure('storage-failed', 'The disk is full.')))
            : ports.files.servers.save(value),
      },
    },
  }));
  await app.call('settings.set', { patch: { deadLinkSeconds: 2, retryMaxSeconds: 1 } });
  await app.add(draft(), fingerprintOf(ssh.hostKey.key));
  await app.until('all up', allUp);
});

afterEach(async () => {
  await app.stop();
  await relay.stop();
  await ssh.stop();
  await stopTarget(target);
});

afterAll(() => {
  console.log(`  ${String(faults)} faults, each ended in a true state`);
});

describe('the link', () => {
  it('is dropped 25 times', async () => {
    for (let round = 0; round < 25; round += 1) {
      await breakLink(() => {
        ssh.drop();
      });
      await expectTruth();
    }
  });

  it('is reset in the middle of a stream 15 times: the client sees an error, never a clean end', async () => {
    for (let round = 0; round < 15; round += 1) {
      const response = await fetch(`http://127.0.0.1:${String(localPort)}/slow`);
      const reader = response.body!.getReader();
      await reader.read();
      await breakLink(() => {
        relay.reset();
      });
      const rest = (async () => {
        while (!(await reader.read()).done);
      })();
      await expect(within(5000, 'the stream to fail', rest)).rejects.toThrow(/terminated|reset|closed/i);
      await expectTruth();
    }
  });

  it('ends one way 10 times', async () => {
    for (let round = 0; round < 10; round += 1) {
      await breakLink(() => {
        relay.halfClose(round % 2 === 0 ? 'connecting' : 'target');
      });
      await expectTruth();
    }
  });

  it('falls silent 4 times: noticed in time, clients wait, and it comes back', async () => {
    for (let round = 0; round < 4; round += 1) {
      loseSilently();
      const startMs = performance.now();
      await app.until('the loss', () => app.server().connection.kind !== 'up', 5000);
      expect(performance.now() - startMs).toBeLessThan(3000);
      expect(await fetchText()).toBe('it works');
      await expectTruth();
    }
  });

  it('leads to a server that is frozen 3 times', async () => {
    for (let round = 0; round < 3; round += 1) {
      ssh.freeze();
      await app.until('the loss', () => app.server().connection.kind !== 'up', 5000);
      ssh.thaw();
      await expectTruth();
    }
  });
});

describe('the clock', () => {
  it('jumps by hours 8 times: a link that lives is kept, one that died is made anew', async () => {
    for (let round = 0; round < 8; round += 1) {
      const before = upSince();
      const dies = round % 2 === 1;
      const checks = linkChecks;
      if (dies) loseSilently();
      app.jump(3 * 3600_000);
      if (dies) {
        await app.until('another connection', (now) => allUp(now) && upSince() !== before, 6000);
      } else {
        await waitFor('the link to be asked', () => linkChecks > checks);
        expect(upSince()).toBe(before);
      }
      await expectTruth();
    }
  });
});

describe('the local port', () => {
  it('is stolen 6 times: the thief is named, and the forward comes up when it leaves', async () => {
    const { id: serverId } = app.server().profile;
    for (let round = 0; round < 6; round += 1) {
      await app.call('wanted.set', { serverId, on: false });
      const thief = createServer();
      await waitFor(
        'the port',
        () =>
          new Promise<boolean>((resolve) => {
            thief.once('error', () => {
              resolve(false);
            });
            thief.listen(localPort, '127.0.0.1', () => {
              resolve(true);
            });
          }),
      );
      await app.call('wanted.set', { serverId, on: true });
      await app.until('the thief to be named', () => app.server().forwards[0]?.state.kind === 'port-taken');
      const state = app.server().forwards[0]?.state;
      if (process.platform === 'linux') expect(state).toMatchObject({ holder: { pid: process.pid } });
      await new Promise((resolve) => thief.close(resolve));
      await expectTruth();
    }
  });
});

describe('the target', () => {
  it('goes away 10 times: the connection stays and says so, and the tunnel recovers by use', async () => {
    const port = portOf(target);
    for (let round = 0; round < 10; round += 1) {
      const before = upSince();
      await stopTarget(target);
      await waitFor('the failure', async () => {
        await fetchText().catch(() => null);
        return app.server().forwards[0]?.state.kind === 'target-failed';
      });
      expect(app.server().forwards[0]?.state).toMatchObject({ failure: { code: 'target-refused' } });
      target = await startTarget(port);
      expect(await fetchText()).toBe('it works');
      await app.until('all up', allUp);
      expect(upSince()).toBe(before);
      await expectTruth();
    }
  });
});

describe('the server', () => {
  it('changes its host key 5 times: stops, shows both, goes on when accepted', async () => {
    for (let round = 0; round < 5; round += 1) {
      const old = fingerprintOf(ssh.hostKey.key);
      await ssh.stop();
      ssh = await startSshDouble();
      sshPort = ssh.port;
      const { prompts } = await app.until('the question', (now) => now.prompts.length > 0);
      const presented = fingerprintOf(ssh.hostKey.key);
      expect(prompts[0]).toMatchObject({
        kind: 'host-key-changed',
        presented: { fingerprint: presented },
        known: [{ fingerprint: old }],
      });
      const answer = { kind: 'accept-host-key', fingerprint: presented, alsoKnownHosts: false } as const;
      await app.call('prompts.answer', { promptId: prompts[0]!.id, answer });
      await expectTruth();
    }
  });

  it('hangs up in the middle of the login 5 times', async () => {
    const pair = makeKeyPair();
    const polite = await startSshDouble({ hostKeys: [pair.private] });
    const rude = await startSshDouble({ hostKeys: [pair.private], hangUpAtTry: 1 });
    try {
      sshPort = polite.port;
      ssh.drop();
      const { prompts } = await app.until('the question', (now) => now.prompts.length > 0);
      const fingerprint = fingerprintOf(pair.public.split(' ')[1] ?? '');
      const answer = { kind: 'accept-host-key', fingerprint, alsoKnownHosts: true } as const;
      await app.call('prompts.answer', { promptId: prompts[0]!.id, answer });
      for (let round = 0; round < 5; round += 1) {
        await app.until('all up', allUp);
        const before = rude.accepted;
        sshPort = rude.port;
        polite.drop();
        await waitFor('a login that is cut off', () => rude.accepted > before);
        sshPort = polite.port;
        await expectTruth();
      }
      expect(app.core.snapshot().prompts).toEqual([]);
    } finally {
      await rude.stop();
      await polite.stop();
    }
  });
});

describe('the disk', () => {
  it('is full 5 times: switching still works and is told once, adding fails and loses nothing', async () => {
    const { id: serverId } = app.server().profile;
    for (let round = 0; round < 5; round += 1) {
      fullDisk = true;
      const added = await app.core.call('servers.add', { draft: draft({ name: 'second' }) });
      expect(added).toMatchObject({ ok: false, error: { code: 'storage-failed' } });
      await app.call('wanted.set', { serverId, on: false });
      expect(app.server().connection.kind).toBe('off');
      expect(app.core.snapshot().notices).toHaveLength(1);
      fullDisk = false;
      await app.call('wanted.set', { serverId, on: true });
      for (const { id } of app.core.snapshot().notices) await app.call('notices.dismiss', { noticeId: id });
      await expectTruth();
    }
  });
});

const reason = sshds.available();
describe.skipIf(reason !== null)(`OpenSSH${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  it('has its sessions killed 10 times, and is frozen twice', async () => {
    const sshd = await sshds.startSshd();
    try {
      const { id: serverId } = app.server().profile;
      await app.call('servers.remove', { serverId });
      await app.add(
        draft({ port: sshd.port, user: sshd.user, login: { kind: 'key', path: sshd.keyPath } }),
        sshd.hostKey.fingerprint,
      );
      await expectTruth();
      for (let round = 0; round < 10; round += 1) {
        await breakLink(() => {
          sshd.killSessions();
        });
        await expectTruth();
      }
      for (let round = 0; round < 2; round += 1) {
        sshd.freeze();
        await app.until('the loss', () => app.server().connection.kind !== 'up', 5000);
        sshd.thaw();
        await expectTruth();
      }
    } finally {
      await sshd.stop();
    }
  });

  it('is logged in to by an agent that goes away: it asks instead of looping, and goes on when the agent is back', async () => {
    const sshd = await sshds.startSshd();
    const socketPath = join(sshd.dir, 'agent.sock');
    let agent = await startAgent(socketPath, sshd.keyPath);
    const live = await startLiveCore((ports) => ({
      ...ports,
      engine: createSshEngine({ agentSocketPath: socketPath }),
    }));
    try {
      const server = draft({ port: sshd.port, user: sshd.user, login: { kind: 'agent' } });
      await live.add({ ...server, forwards: [] }, sshd.hostKey.fingerprint);
      await live.until('all up', allUp);
      await agent.end();
      sshd.killSessions();
      const { prompts } = await live.until('the question', (now) => now.prompts.length > 0);
      expect(prompts[0]).toMatchObject({ kind: 'confirm', confirmLabel: 'Try again' });
      agent = await startAgent(socketPath, sshd.keyPath);
      await live.call('prompts.answer', { promptId: prompts[0]!.id, answer: { kind: 'confirm' } });
      await live.until('all up', allUp);
      faults += 1;
    } finally {
      await live.stop();
      await agent.end();
      await sshd.stop();
    }
  });
});

async function startAgent(socketPath: string, keyPath: string): Promise<{ end(): Promise<void> }> {
  await rm(socketPath, { force: true });
  const child = spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await waitFor('the agent', () => existsSync(socketPath));
  execFileSync('ssh-add', ['-q', keyPath], { env: { ...process.env, SSH_AUTH_SOCK: socketPath }, stdio: 'ignore' });
  return {
    end: async () => {
      child.kill();
      await ended;
    },
  };
}
