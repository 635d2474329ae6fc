/** Looks for a secret where it may not be: in arguments and environments of programs while they run, and in files. */
import { inServer } from './plan-on-server.ts';

export interface SecretWatch {
  /** Ends the watch. Gives where it was seen: `arguments of psql`, `/etc/…`; never the secret. */
  found(): Promise<string[]>;
}

const sampler = `
import os, sys
secrets = [each.encode() for each in sys.stdin.read().split("\\0") if each]
seen = set()
open("/run/secret-watch", "w").close()
while os.path.exists("/run/secret-watch"):
    for pid in os.listdir("/proc"):
        for name in ("cmdline", "environ") if pid.isdigit() else ():
            try:
                with open("/proc/%s/%s" % (pid, name), "rb") as file:
                    text = file.read()
            except OSError:
                continue
            if any(each in text.replace(b"\\0", b" ") for each in secrets):
                seen.add("%s of %s" % (name, open("/proc/%s/comm" % pid).read().strip()))
print("\\n".join(sorted(seen)))
`;

/** As it is, as it stands in a URL, and as a password file writes it. `except`: files (grep -E) where it may be. */
export async function startSecretWatch(server: string, secret: string, except = '^$'): Promise<SecretWatch> {
  const url = [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const forms = [secret, url, secret.replace(/[\\:]/g, '\\$&')];
  const script = `/tmp/secret-watch-${String(process.hrtime.bigint())}.py`;
  await inServer(server, 'root', `cat >${script}`, sampler);
  const sampled = inServer(server, 'root', `exec python3 ${script}`, forms.join('\0'));
  await inServer(server, 'root', 'until [ -e /run/secret-watch ]; do sleep 0.05; done');
  return {
    found: async () => {
      await inServer(server, 'root', `rm -f /run/secret-watch ${script}`);
      const { text } = await sampled;
      const where = '/etc /var /home /root /opt /srv /tmp /run';
      const files = await inServer(
        server,
        'root',
        `grep -rlaF -D skip -f - ${where} 2>/dev/null | grep -vE '${except}'; journalctl -q --no-pager -o cat >/run/journal; true`,
        `${forms.join('\n')}\n`,
      );
      const journal = await inServer(
        server,
        'root',
        'grep -caF -f - /run/journal; rm -f /run/journal',
        `${forms.join('\n')}\n`,
      );
      return [
        ...text.split('\n'),
        ...files.text.split('\n'),
        ...(journal.text.trim() === '0' ? [] : ['the journal']),
      ].filter((line) => line !== '');
    },
  };
}
