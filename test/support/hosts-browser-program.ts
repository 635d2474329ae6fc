/**
 * A program for a mount namespace in which /etc/hosts is a file of its own: brings a core up, has the course's names
 * written unless they are there already, and opens each in the browser. Argument: where the server is, and whether to
 * write, as JSON.
 */
import { hostsPresets } from '../../main/shared/hosts.ts';
import { launchBrowser } from './browser.ts';
import { startLiveCore } from './live-core.ts';

const { address, fingerprint, password, writes } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const course = hostsPresets[0]?.names ?? [];
const app = await startLiveCore();
try {
  const draft = {
    name: 'lab',
    address: address ?? '',
    port: 22,
    user: 'ubuntu',
    login: { kind: 'password' },
    forwards: [],
  } as const;
  const serverId = await app.add(draft, fingerprint ?? '');
  const asking = await app.until('the password', (now) => now.prompts.length === 1);
  const promptId = asking.prompts[0]?.id ?? '';
  await app.call('prompts.answer', { promptId, answer: { kind: 'secret', secret: password ?? '', remember: false } });
  const names = course.map((name) => ({ name, to: { kind: 'tunnel' } as const }));
  await app.call('hosts.set', { serverId, hosts: { on: true, names } });
  const { tunnel, file } = await app.call('hosts.get', { serverId });
  if (tunnel.draft)
    await app.call('forwards.add', {
      serverId,
      draft: { ...tunnel.draft, bind: { ...tunnel.draft.bind, port: 8080 } },
      forNames: true,
    });
  await app.until('the tunnel', (now) => now.servers[0]?.forwards[0]?.state.kind === 'up');
  const outcome = writes === 'no' ? null : await app.call('hosts.apply', { serverId });
  const { view } = await app.call('hosts.get', { serverId });
  const pages: string[] = [];
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    for (const name of course) {
      await page.goto(`http://${name}:8080/`);
      pages.push(await page.innerText('body'));
    }
  } finally {
    await browser.close();
  }
  const removed = writes === 'no' ? null : await app.call('hosts.remove', { serverId });
  process.stdout.write(`\nREPORT ${JSON.stringify({ way: file.way, outcome, view, pages, removed })}\n`);
} finally {
  await app.stop();
}
