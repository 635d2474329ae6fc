/** The environment of clients on the system's real clipboard. */
import { expect, it } from 'vitest';
import { describeDesktop } from './describe-desktop.ts';

describeDesktop('the clipboard', (desktop) => {
  it('gets an environment from the app itself, and the window is not asked', async () => {
    const app = await desktop().start({ args: ['--hidden'] });
    const forward = {
      label: 'MLflow',
      service: 'mlflow',
      bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
      target: { host: '127.0.0.1', port: 5000 },
    } as const;
    const draft = {
      name: 'lab',
      address: '127.0.0.1',
      port: 9,
      user: 'me',
      login: { kind: 'agent' },
      forwards: [forward],
    } as const;
    const { serverId } = await app.call('servers.add', { draft: { ...draft, forwards: [forward] } });
    const onClipboard = () => app.electron.evaluate(({ clipboard }) => clipboard.readText());
    const reply = await app.call('environment.copy', { serverId, format: 'fish', withSecrets: true });
    expect(reply).toMatchObject({
      text: 'set -gx MLFLOW_TRACKING_URI http://127.0.0.1:5001\n',
      clearedAfterMs: 60_000,
    });
    expect(await onClipboard()).toBe(reply.text);
    const plain = await app.call('environment.copy', { serverId, format: 'python', withSecrets: false });
    expect(plain.clearedAfterMs).toBeNull();
    expect(await onClipboard()).toBe(plain.text);
    await app.quit();
  });
});
