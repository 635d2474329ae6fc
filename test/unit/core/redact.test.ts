import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, redact, type Known } from '../../../main/core/redact.ts';

const lab: readonly Known[] = [
  { kind: 'server', value: 'lab-vm' },
  { kind: 'server', value: 'lab' },
  { kind: 'host', value: 'gpu01.cluster.example.org' },
  { kind: 'host', value: '192.0.2.10' },
  { kind: 'host', value: '127.0.0.1' },
  { kind: 'host', value: '2001:db8::7' },
  { kind: 'user', value: 'ada' },
  { kind: 'key', value: '~/.ssh/lab_key' },
  { kind: 'tunnel', value: 'Ablation (do not stop) [v2.*]' },
  { kind: 'data-folder', value: '/home/ada/.config/mooring' },
  { kind: 'home', value: '/home/ada' },
  { kind: 'personal', value: 'countess' },
  { kind: 'personal', value: 'me' },
];

describe('redacting', () => {
  it.each([
    // What is known.
    ['lab-vm is up, LAB-VM too; lab is not', 'server-1 is up, server-1 too; server-2 is not'],
    ['Connecting to ada@gpu01.cluster.example.org:22', 'Connecting to user-1@host-1:22'],
    ['ada@192.0.2.10 and [2001:DB8::7]:22', 'user-1@host-2 and [host-3]:22'],
    ['127.0.0.1:5001, [::1]:5001, localhost stay', '127.0.0.1:5001, [::1]:5001, localhost stay'],
    ['Logged in with ~/.ssh/lab_key', 'Logged in with key-1'],
    ['Ablation (do not stop) [v2.*]: listening', 'tunnel-1: listening'],
    ['/home/ada/.config/mooring/servers.json', '(data folder)/servers.json'],
    ['/home/ada/notes', '~/notes'],
    ['the countess’s laptop', 'the personal-1’s laptop'],
    // The rest of a longer word would tell the other half; short ones are left in words.
    ['an available adapter', 'an server-2 user-1'],
    ['me, some time', 'personal-2, some time'],
    // What is met for the first time.
    ['10.1.2.3, then 192.0.2.101, then 10.1.2.3', 'host-4, then host-5, then host-4'],
    ['fe80::1%eth0 and 00:16:3e:5e:6c:00 at 12:30:45', 'host-4 and host-5 at 12:30:45'],
    ['gpu02.cluster.example.org of cluster.example.org', 'host-4 of host-5'],
    ['ip-10-0-0-4.ec2.internal', 'host-4'],
    ['old.box.fi in mooring.log', 'host-4 in mooring.log'],
    ['mail grace.hopper@navy.example.mil', 'mail email-1'],
    ['chacha20-poly1305@openssh.com', 'chacha20-poly1305@openssh.com'],
    ['The name org.freedesktop.secrets was not provided', 'The name org.freedesktop.secrets was not provided'],
    ['OpenSSH_9.2p1 Debian-2+deb12u3', 'OpenSSH_9.2p1 Debian-2+deb12u3'],
    ['/home/grace/x, C:\\Users\\Grace\\x', '/home/user-2/x, C:\\Users\\user-2\\x'],
    ['~/.ssh/id_ed25519, ~/.ssh/secret_lair', '~/.ssh/id_ed25519, ~/.ssh/key-2'],
    [`SHA256:${'a'.repeat(43)} not SHA256:${'b'.repeat(43)}`, 'fingerprint-1 not fingerprint-2'],
    // Secrets.
    ['-----BEGIN OPENSSH PRIVATE KEY----- b3Blb -----END OPENSSH PRIVATE KEY----- after', '[secret] after'],
    ['-----BEGIN RSA PRIVATE KEY----- cut off', '[secret]'],
    ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=[secret] psql'],
    ['"password": "two words", next', '"password": [secret], next'],
    ['mlflow --api-key k1 run', 'mlflow --api-key [secret] run'],
    ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
    ['bearer abcdef', 'bearer [secret]'],
    ['postgres://me:p@ss@db:5432/x', 'postgres://[secret]@db:5432/x'],
    ['AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '[secret] and [secret]'],
    ['deadbeefdeadbeefdeadbeefdeadbeef', '[secret]'],
    ['ghp_0123456789abcdefghij', '[secret]'],
    ['3f2b8c1e-0d4f-4c2a-9f00-1a2b3c4d5e6f', '3f2b8c1e-0d4f-4c2a-9f00-1a2b3c4d5e6f'],
    ['no-password login', 'no-password login'],
  ])('%s', (text, wanted) => {
    expect(redact(text, lab)).toBe(wanted);
  });

  it('takes out both of two values that overlap', () => {
    const known = ['red-green', 'green-blue'].map((value): Known => ({ kind: 'server', value }));
    expect(redact('a red-green-blue b', known)).toBe('a server-2 b');
  });

  it('knows the spellings of a value', () => {
    const known: readonly Known[] = [
      { kind: 'home', value: 'C:\\Users\\Zoë Straße' },
      { kind: 'user', value: 'zoë' },
    ];
    for (const text of [
      'C:\\Users\\ZOË STRASSE\\x',
      '"C:\\\\Users\\\\Zoë Straße\\x',
      'c:/users/zoë straße/x',
      'C:\\Users\\Zoë Straße\\x'.normalize('NFD'),
    ]) {
      expect(redact(text, known)).toMatch(/^"?~[\\/]x$/);
    }
  });

  it('keeps placeholders through several texts, and gives short values theirs', () => {
    const redactor = createRedactor([{ kind: 'server', value: 'x' }]);
    expect(redactor.of('server', 'x')).toBe('server-1');
    expect(redactor.text('to 10.0.0.4')).toBe('to host-1');
    expect(redactor.of('host', '10.0.0.4')).toBe('host-1');
    expect(redactor.of('host', '::1')).toBe('::1');
  });
});

/** Between placeholders nothing of what was known may be left. */
const placeholder = /(?:server|host|user|key|tunnel|personal|fingerprint|email)-\d+|~|\(data folder\)|\[secret\]/;

const plainName = fc.stringMatching(/^[a-zA-Z][\w .()[\]*+?^$|\\{}-]{2,18}$/);
const unicodeName = fc
  .string({ unit: 'grapheme', minLength: 3, maxLength: 12 })
  .filter((each) => !/[\p{C}\p{Z}/]/u.test(each));
const nested = fc
  .tuple(plainName, plainName)
  .chain(([one, two]) => fc.constantFrom(`${one}${two}`, `${one}-${two}`, one, two, `${two}.${one}`));
const name = fc.oneof(plainName, unicodeName, nested).map((each) => each.trim());
const hostName = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[a-z][a-z0-9-]{2,14}[a-z0-9]$/));
const path = fc.stringMatching(/^(~|\/home\/[a-z]{3,8}|C:\\Users\\[A-Z][a-z]{2,8})\/[\w .-]{1,12}\/[\w .-]{1,12}\w$/);

const known = fc
  .record({ names: fc.array(name, { maxLength: 6 }), hosts: fc.array(hostName, { maxLength: 4 }) })
  .chain(({ names, hosts }) =>
    fc.record({
      server: fc.constant(names),
      host: fc.constant(hosts),
      user: fc.array(name, { maxLength: 3 }),
      key: fc.array(path, { maxLength: 3 }),
      // Names that are parts of other names.
      tunnel: fc.array(fc.oneof(name, ...names.map((each) => fc.constant(each.slice(1)))), { maxLength: 4 }),
      home: fc.array(path, { maxLength: 1 }),
      personal: fc.array(name, { maxLength: 2 }),
    }),
  );

/** In any mixture of capitals and small letters. */
const mixed = (value: string) =>
  fc
    .array(fc.boolean(), { minLength: 1, maxLength: 9 })
    .map((caps) =>
      [...value].map((each, at) => (caps[at % caps.length] ? each.toUpperCase() : each.toLowerCase())).join(''),
    );
const written = (value: string) => fc.oneof(fc.constant(value), mixed(value));
const around = fc.oneof(
  fc.constantFrom(' ', ': ', '@', '/', '"', '', '-', '.', ' to ', '=', '(', '[', ' password=', 'x', 'Ünï', '7'),
  fc.string({ maxLength: 5 }),
);

it('leaves nothing of three characters or more that is known', () => {
  const property = fc.property(
    known.chain((lists) => {
      const all = Object.entries(lists).flatMap(([kind, values]) => values.map((value) => ({ kind, value }) as Known));
      const piece = all.length === 0 ? around : fc.oneof(around, ...all.map((each) => written(each.value)));
      return fc.record({ all: fc.constant(all), text: fc.array(piece, { maxLength: 14 }) });
    }),
    ({ all, text }) => {
      const rest = redact(text.join(''), all).split(placeholder);
      for (const { value } of all) {
        const low = value.trim().toLowerCase();
        // Numbers alone are left within longer numbers; what every machine has is left.
        if (low.length < 3 || /^\d+$/.test(low) || low === '::1' || low.startsWith('127.')) continue;
        expect(rest.filter((each) => each.toLowerCase().includes(low))).toEqual([]);
      }
    },
  );
  fc.assert(property, { numRuns: 500 });
});

it('says the same of the same, and is quick with many names and a long log', () => {
  const names = Array.from({ length: 400 }, (_, index) => `node-${String(index)}.cluster`);
  const all = names.map((value): Known => ({ kind: 'server', value }));
  const text = names
    .map((each) => `${each} is up and ${each} stays up`)
    .join('\n')
    .repeat(10);
  const lines = redact(text, all).split('\n');
  expect(lines[7]).toBe('server-8 is up and server-8 stays up');
  expect(lines).toHaveLength(3991);
});
