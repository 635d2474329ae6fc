import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callNames, type CallName } from '../../../main/shared/contract.ts';
import type { Failure } from '../../../main/shared/failure.ts';
import { parsers } from '../../../main/core/parse-calls.ts';

const forward = {
  label: 'MLflow',
  service: 'mlflow',
  bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
  target: { host: 'localhost', port: 5000 },
};
const own = { name: 'lab', address: 'lab.example.org', port: 22, user: 'me', login: { kind: 'auto' } };
const server = { ...own, forwards: [forward] };
const fingerprint = `SHA256:${'a'.repeat(43)}`;

/** An argument that each call takes. */
const noProxy = { isSet: false, except: '', isLowerCase: false };

const good: Record<CallName, unknown[]> = {
  'snapshot.get': [{}],
  'servers.add': [{ draft: server }, { draft: { ...own, forwards: [], login: { kind: 'key', path: '~/.ssh/k' } } }],
  'servers.edit': [{ serverId: 's', draft: own }],
  'servers.duplicate': [{ serverId: 's' }],
  'servers.move': [{ serverId: 's', index: 0 }],
  'servers.remove': [{ serverId: '5b7c6a1e-0000-4000-8000-000000000000' }],
  'servers.parse-ssh': [{ line: 'ssh a\nb' }, { line: '' }],
  'servers.forget-secrets': [{ serverId: 's' }],
  'forwards.add': [{ serverId: 's', draft: forward }],
  'forwards.edit': [{ serverId: 's', forwardId: 'f', draft: forward }],
  'forwards.remove': [{ serverId: 's', forwardId: 'f' }],
  'wanted.set': [
    { serverId: 's', forwardId: 'f', on: true },
    { serverId: 's', on: false },
  ],
  'wanted.set-all': [{ on: true }],
  'connection.retry': [{ serverId: 's' }],
  'prompts.answer': [
    { promptId: 'p', answer: { kind: 'accept-host-key', fingerprint, alsoKnownHosts: true } },
    { promptId: 'p', answer: { kind: 'secret', secret: ' any\u0000thing ', remember: false } },
    { promptId: 'p', answer: { kind: 'codes', answers: ['1', ''] } },
    { promptId: 'p', answer: { kind: 'confirm' } },
  ],
  'prompts.cancel': [{ promptId: 'p' }],
  'host-keys.expect': [{ serverId: 's', fingerprint }],
  'host-keys.write-known-hosts': [{ serverId: 's' }],
  'keys.list': [{}],
  'keys.make': [{}, { name: 'lab_ed25519', passphrase: ' any $(thing) ', remember: true }, { passphrase: '' }],
  'keys.install': [{ serverId: 's', path: '~/.ssh/id_ed25519', useIt: true }],
  'settings.set': [
    { patch: {} },
    { patch: { notifications: false, startHidden: false, checkForUpdates: true } },
    { patch: { theme: 'dark', holdSeconds: 0, useKnownHosts: false } },
  ],
  'keychain.probe': [{}],
  'notices.dismiss': [{ noticeId: 'n' }],
  'logs.get': [{}, { serverId: 's', afterSeq: 0, limit: 5000 }],
  'demo.start': [{}],
  'demo.break': [{ fault: 'change-host-key' }],
  'facts.get': [{ serverId: 's' }],
  'stacks.read-file': [{ text: 'stack: script' }, { text: '' }],
  'stacks.write-file': [{ draft: { stack: 'script', values: {} } }],
  'setup.plan': [
    { serverId: 's', draft: { stack: 'mlflow-s3', values: { 'mlflow.port': 5001, 's3.bucket': 'b', x: true } } },
  ],
  'setup.plan-uninstall': [{ serverId: 's', environment: 'main', removeData: true }],
  'setup.script': [{ serverId: 's', draft: { stack: 'object-storage', values: {} } }],
  'setup.start': [
    { serverId: 's', draft: { stack: 'script', values: {} }, secrets: {} },
    { serverId: 's', draft: { stack: 'script', values: {} }, secrets: { 'database.password': " '$%\\" } },
  ],
  'setup.uninstall': [
    { serverId: 's', environment: 'main', removeData: false },
    { serverId: 's', environment: 'main', removeData: true, serverName: 'lab' },
  ],
  'setup.cancel': [{ serverId: 's', how: 'now' }],
  'setup.dismiss': [{ serverId: 's' }],
  'setup.look': [{ serverId: 's' }],
  'setup.log': [{ serverId: 's' }, { serverId: 's', afterSeq: 0 }],
  'setup.adopt': [
    { serverId: 's', environment: 'main' },
    { serverId: 's', port: 5000, user: 'admin', password: 'x' },
  ],
  'setup.offers': [{ serverId: 's' }],
  'setup.plan-put-right': [{ serverId: 's', port: 5000, offers: ['run-as-unit', 'limit-hosts'] }],
  'setup.put-right': [{ serverId: 's', port: 5000, offers: ['bind-to-loopback'] }],
  'setup.forget': [{ serverId: 's', environment: 'main' }],
  'setup.reveal-password': [{ serverId: 's', environment: 'main' }],
  'setup.reveal-keys': [{ serverId: 's', environment: 'main' }],
  'setup.change-password': [{ serverId: 's', environment: 'main' }],
  'setup.add-user': [{ serverId: 's', environment: 'main', user: 'ada', password: 'x' }],
  'verify.start': [{ serverId: 's', environment: 'main', artifactBytes: 600_000_000 }],
  'verify.cancel': [{ serverId: 's' }],
  'services.check': [{ serverId: 's', forwardId: 'f' }],
  'services.refresh': [{ olderThanMs: 10_000 }, { serverId: 's', olderThanMs: 0 }],
  'services.discover': [{ serverId: 's' }],
  'services.dismiss-new': [{ serverId: 's' }],
  'forwards.history': [{ serverId: 's', forwardId: 'f' }],
  'forwards.clients': [{ serverId: 's', forwardId: 'f' }],
  'doctor.start': [{}, { serverId: 's1' }],
  'doctor.cancel': [{}],
  'doctor.tighten-key': [{ serverId: 's1' }],
  'environment.get': [{ serverId: 's' }, { serverId: 's', environment: 'dev', proxy: noProxy }],
  'environment.text': [{ serverId: 's', format: 'fish', withSecrets: true }],
  'environment.copy': [{ serverId: 's', environment: 'dev', format: 'dotenv', withSecrets: false }],
  'environment.write-aws': [{ serverId: 's' }],
  'environment.remove-aws': [{ serverId: 's', environment: 'dev' }],
  'hosts.get': [{ serverId: 's' }],
  'hosts.set': [
    { serverId: 's', hosts: { on: false, names: [] } },
    {
      serverId: 's',
      hosts: {
        on: true,
        names: [
          { name: 'a.local', to: { kind: 'tunnel' } },
          { name: 'b', to: { kind: 'server' } },
          { name: 'c', to: { kind: 'address', address: '10.0.0.1' } },
        ],
      },
      confirmed: true,
    },
  ],
  'hosts.diff': [{ serverId: 's' }, { serverId: 's', hosts: { on: true, names: [] }, confirmed: true }],
  'hosts.apply': [
    { serverId: 's' },
    { serverId: 's', from: 'a'.repeat(64), overDrift: true },
    { serverId: 's', hosts: { on: false, names: [] }, confirmed: false, tunnel: true },
  ],
  'hosts.remove': [{ serverId: 's' }, { serverId: 's', overDrift: false }],
  'hosts.keep-theirs': [{ serverId: 's' }],
  'hosts.history': [{}, { serverId: 's' }],
  'hosts.restore': [{ serverId: 's' }, { serverId: 's', entryId: 'e', overDrift: true, confirmed: true }],
  'hosts.parse-text': [{ serverId: 's', text: 'FLOATING_IP a\n' }],
  'login-item.set': [{ on: true }],
  'updates.check': [{}],
  'updates.install': [{}],
  'report.make': [{}],
  'report.save': [{ text: 'a\nb' }],
  'app.open-window': [{}, { view: { kind: 'settings' } }, { view: { kind: 'server', serverId: 's' } }],
  'app.quit': [{}, { careful: true }],
};

function refusal(name: CallName, args: unknown): Failure {
  const reply = parsers[name](args);
  if (reply.ok) throw new Error('It was taken');
  return reply.error;
}

/** Path and message of each field. */
const fieldsOf = (name: CallName, args: unknown) =>
  refusal(name, args).fields?.map((each) => `${each.path}: ${each.message}`);

describe('secrets for a run', () => {
  const start = (secrets: unknown) =>
    parsers['setup.start']({ serverId: 's', draft: { stack: 'script', values: {} }, secrets });

  it('are of known names and one line each, and are not repeated in a refusal', () => {
    for (const secret of ['a\nb', 'a\rb', 'a\0b', '\ud800', 'x'.repeat(20_000)]) {
      const reply = start({ 'database.password': secret });
      expect(reply.ok).toBe(false);
      expect(JSON.stringify(reply)).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
    expect(start({ other: 'x' }).ok).toBe(false);
    expect(start({ 'mlflow.admin-password': 'ünï "q" $(x)' }).ok).toBe(true);
  });
});

describe('a key to be made', () => {
  it.each(['', '.hidden', '-rf', 'a/b', '../x', 'a b', 'config', 'known_hosts', 'authorized_keys', 'x.pub', 'ü', 'a.'])(
    'is not called %j',
    (name) => {
      expect(fieldsOf('keys.make', { name })).toEqual([expect.stringMatching(/^name: Name/)]);
    },
  );

  it('has a passphrase that ssh-keygen would take, which is not repeated in a refusal', () => {
    for (const passphrase of ['abc', 'two\nlines', 'zero\0byte', 'x'.repeat(1025)]) {
      const reply = parsers['keys.make']({ passphrase });
      expect(reply.ok).toBe(false);
      expect(JSON.stringify(reply)).not.toContain(JSON.stringify(passphrase).slice(1, -1));
    }
  });

  it('lies at a full path', () => {
    expect(fieldsOf('keys.install', { serverId: 's', path: 'id_ed25519', useIt: true })).toEqual([
      'path: Key file must be a full path, such as ~/.ssh/id_ed25519',
    ]);
  });
});

describe('every call', () => {
  it('has a parser, and no other has', () => {
    expect(Object.keys(parsers).sort()).toEqual([...callNames].sort());
  });

  it.each(callNames.flatMap((name) => good[name].map((args) => [name, args] as const)))(
    '%s takes %j as it is',
    (name, args) => {
      expect(parsers[name](args)).toEqual({ ok: true, value: args });
    },
  );

  it.each(callNames)('%s refuses what is no object, and unknown fields', (name) => {
    for (const args of [null, undefined, 1, 'x', true, [], () => 1])
      expect(refusal(name, args).code).toBe('invalid-argument');
    const odd = JSON.parse('{"__proto__": {"a": 1}}') as object;
    for (const args of good[name]) {
      expect(refusal(name, { ...(args as object), extra: 1 }).message).toBe(
        'The call has a field that is not known here',
      );
      const polluted = Object.defineProperty({ ...(args as object) }, '__proto__', {
        value: odd,
        enumerable: true,
      });
      expect(refusal(name, polluted).code).toBe('invalid-argument');
    }
  });

  it.each(callNames)('%s never throws, whatever comes', (name) => {
    const parts = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withMap: true }),
      fc.constantFrom(...good[name]),
    );
    fc.assert(
      fc.property(parts, fc.string(), fc.anything(), (args, key, value) => {
        for (const each of [args, typeof args === 'object' ? { ...args, [key]: value } : args]) {
          const reply = parsers[name](each);
          if (reply.ok) continue;
          const count = reply.error.fields?.length ?? 0;
          expect(count).toBeGreaterThan(0);
          // Of one field alone the message says all there is to say.
          if (count > 1) expect(reply.error.hint).toBeTruthy();
          for (const field of reply.error.fields ?? []) {
            expect(field.message).toMatch(/^[A-Z]/);
            expect(field.message).not.toMatch(/expected|received|invalid|undefined|NaN|zod|regex/i);
          }
        }
      }),
    );
  });
});

describe('failures', () => {
  it('say in plain words which fields are wrong, all of them', () => {
    const draft = {
      name: 'a/b',
      address: 'https://x',
      port: 70_000,
      user: '',
      login: { kind: 'key', path: 'k.pem' },
      forwards: [
        forward,
        { ...forward, label: '', service: 'ftp', bind: { address: '0.0.0.0', port: 0.5, alsoIpv6: 1 } },
      ],
    };
    expect(refusal('servers.add', { draft })).toEqual({
      code: 'invalid-argument',
      message: 'Name must not have a / in it',
      hint: 'Correct the 10 fields named and try again.',
      fields: [
        { path: 'name', message: 'Name must not have a / in it' },
        { path: 'address', message: 'Address must be a host name or an IP address alone, without https://' },
        { path: 'port', message: 'Port must be a whole number from 1 to 65535' },
        { path: 'user', message: 'User is missing' },
        { path: 'login.path', message: 'Key file must be a full path, such as ~/.ssh/id_ed25519' },
        { path: 'forwards.1.label', message: 'Label is missing' },
        {
          path: 'forwards.1.service',
          message: 'Service must be one of mlflow, s3, s3-console, postgres, jupyter, grafana, prometheus, http, tcp',
        },
        {
          path: 'forwards.1.bind.address',
          message: 'Local address must be one of this machine alone: 127.0.0.1, another 127.x.x.x, or ::1',
        },
        { path: 'forwards.1.bind.port', message: 'Local port must be a whole number from 1 to 65535' },
        { path: 'forwards.1.bind.alsoIpv6', message: 'Also on IPv6 must be true or false' },
      ],
    });
  });

  it('name the forward in the message', () => {
    const forwards = [forward, { ...forward, label: 'Other' }];
    const error = refusal('servers.add', { draft: { ...own, forwards } });
    expect(error.message).toMatch(/^Forward 2: Local port is in use by another forward of this server/);
    expect(error.fields).toMatchObject([{ path: 'forwards.1.bind.port' }]);
  });

  it.each([
    [
      'settings.set',
      { patch: { holdSeconds: 121 } },
      ['holdSeconds: Waiting time of clients in seconds must be a whole number from 0 to 120'],
    ],
    ['settings.set', { patch: { theme: 'pink' } }, ['theme: Theme must be one of system, light, dark']],
    ['settings.set', { patch: { colour: 1 } }, [': Settings has a field that is not known here']],
    ['settings.set', {}, [': Settings is missing or not an object']],
    ['logs.get', { limit: 5001 }, ['limit: Number of entries must be a whole number from 1 to 5000']],
    ['servers.move', { serverId: 's', index: -1 }, ['index: Place must be a whole number from 0 to 9999']],
    ['servers.remove', { serverId: '__proto__' }, ['serverId: Server is not an id']],
    ['servers.remove', { serverId: 'x'.repeat(65) }, ['serverId: Server is not an id']],
    [
      'demo.break',
      { fault: 'explode' },
      ['fault: Fault must be one of drop-connection, stop-answering, change-host-key'],
    ],
    ['servers.parse-ssh', { line: 'x'.repeat(8193) }, ['line: The ssh line must have at most 8192 characters']],
    [
      'host-keys.expect',
      { serverId: 's', fingerprint: 'MD5:aa:bb' },
      ['fingerprint: Fingerprint must be SHA256: and 43 characters, as ssh-keygen -l prints it'],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, target: { host: '-x', port: 1 } } },
      ['target.host: Target host must not start with a hyphen'],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, bind: 1 } },
      ['bind: Local side is missing or not an object'],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, sendAs: { host: 'http://a.local/' } } },
      ['sendAs.host: Send as Host must be a host name or an IP address alone, without http://'],
    ],
    [
      'forwards.edit',
      { serverId: 's', forwardId: 'f', draft: { ...forward, sendAs: { host: 'a.local:70000' } } },
      ['sendAs.host: Send as Host must have a port from 1 to 65535, or none'],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, service: 's3', sendAs: { host: 'a.local' } } },
      [
        'sendAs.host: Send as Host is not for S3: its requests are signed with the name in them, and another one would break that',
      ],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, service: 'tcp', sendAs: { host: 'a.local' } } },
      ['sendAs.host: Send as Host is for services that speak HTTP: say what answers there'],
    ],
    [
      'forwards.add',
      { serverId: 's', draft: { ...forward, sendAs: { host: 'a.local\r\nX: y' } } },
      ['sendAs.host: Send as Host must not have spaces or control characters in it'],
    ],
    [
      'servers.edit',
      { serverId: 's', draft: { ...own, login: { kind: 'magic' } } },
      ['login.kind: Login must be one of auto, agent, key, password'],
    ],
  ] as const)('%s with %j', (name, args, fields) => {
    expect(fieldsOf(name, args)).toEqual(fields);
  });

  it('bound what a list may cost', () => {
    const forwards = Array.from({ length: 100_000 }, () => ({}));
    expect(fieldsOf('servers.add', { draft: { ...own, forwards } })).toEqual([
      'forwards: Forwards may have at most 100 entries',
    ]);
    const many = Array.from({ length: 100 }, () => ({}));
    expect(refusal('servers.add', { draft: { ...own, forwards: many } }).fields).toHaveLength(50);
  });

  it('never hold what was typed', () => {
    const secret = 'hunter2-correct-horse';
    const shapes = [
      { kind: 'secret', secret: { [secret]: secret }, remember: secret },
      { kind: 'secret', secret: [secret], remember: true },
      { kind: 'secret', secret, [secret]: secret, remember: 1 },
      { kind: secret, secret },
      { kind: 'codes', answers: secret },
      { kind: 'codes', answers: [{ [secret]: 1 }] },
      { kind: 'secret', secret: secret.repeat(1000), remember: true },
      { kind: 'accept-host-key', fingerprint: secret, alsoKnownHosts: secret },
      secret,
      [secret],
    ];
    for (const answer of shapes) {
      expect(JSON.stringify(refusal('prompts.answer', { promptId: 'p', answer }))).not.toContain('hunter2');
      expect(
        JSON.stringify(refusal('prompts.answer', { promptId: secret + '!', answer, [secret]: answer })),
      ).not.toContain('hunter2');
    }
  });
});

describe('what is taken', () => {
  it('has no spaces around it', () => {
    const reply = parsers['servers.add']({
      draft: { ...server, name: ' lab ', address: '\tlab.example.org\n', user: 'me ' },
    });
    expect(reply).toEqual({ ok: true, value: { draft: server } });
  });
});
