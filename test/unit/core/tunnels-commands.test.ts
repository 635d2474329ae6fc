/** Which connection a command is for, and that the engine's answers find their way to it. */
import { expect, it, vi } from 'vitest';
import { RemoteCommands } from '../../../main/core/remote/remote-commands.ts';
import { Tunnels } from '../../../main/core/tunnels/tunnels.ts';
import { CoreDouble } from '../../support/core-double.ts';

it('a server’s connection has an id while it is up, and no longer', async () => {
  // The core keeps its tunnels to itself.
  const follow = vi.spyOn(Tunnels.prototype, 'follow');
  const app = new CoreDouble();
  const serverId = await app.startLabVm();
  const tunnels = follow.mock.contexts[0] as Tunnels;
  follow.mockRestore();
  expect(tunnels.connectionIdOf(serverId)).toBeNull();
  app.keepPassword(serverId, 'right');
  await app.reachLogin();
  await app.accept();
  const connectionId = tunnels.connectionIdOf(serverId);
  expect(connectionId).toBe(app.engine.connectionId);
  expect(tunnels.connectionIdOf('unheard-of')).toBeNull();

  expect(tunnels.commands).toBeInstanceOf(RemoteCommands);
  app.engine.answersExec = () => ({ exitCode: 4, stdout: 'hello' });
  const command = { script: 'echo', input: null, timeoutMs: 1_000 };
  expect(await tunnels.commands.run(connectionId, command).done).toMatchObject({
    ok: true,
    value: { exitCode: 4, stdout: 'hello' },
  });

  await app.lose();
  expect(tunnels.connectionIdOf(serverId)).toBeNull();
  await app.clock.pass(60_000);
  await app.reachLogin();
  await app.accept();
  expect(tunnels.connectionIdOf(serverId)).toBe(app.engine.connectionId);
  expect(app.engine.connectionId).not.toBe(connectionId);

  app.engine.answersExec = null;
  const open = tunnels.commands.run(tunnels.connectionIdOf(serverId), command).done;
  await app.core.stop();
  expect(await open).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  expect(tunnels.connectionIdOf(serverId)).toBeNull();
});
