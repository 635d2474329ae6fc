import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings, settingRanges } from '../../../main/shared/settings.ts';
import { parsers } from '../../../main/core/parse-calls.ts';
import { parseSavedHostKeys, parseSavedServers, parseSavedSettings } from '../../../main/core/servers/saved.ts';

const forward = {
  id: 'f1',
  label: 'MLflow',
  service: 'mlflow',
  bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
  target: { host: 'localhost', port: 5000 },
  wanted: true,
};
const server = {
  id: 's1',
  name: 'lab',
  address: 'lab.example.org',
  port: 22,
  user: 'me',
  login: { kind: 'key', path: '~/.ssh/k' },
  forwards: [forward],
  wanted: true,
  demo: false,
  remembered: [],
  stacks: [],
  openRunId: null,
  hosts: { on: false, names: [] },
};
const hostKey = {
  host: 'lab.example.org',
  port: 22,
  keyType: 'ssh-ed25519',
  key: 'AAAAC3NzaC1lZDI1NTE5AAAA',
  fingerprint: `SHA256:${'a'.repeat(43)}`,
  firstSeenMs: 1_700_000_000_000,
};

/** Anything that JSON can hold, and the good shapes with something broken in them. */
const broken = (whole: object) =>
  fc.oneof(
    fc.jsonValue(),
    fc.anything(),
    fc
      .tuple(fc.constantFrom(...Object.keys(whole)), fc.oneof(fc.jsonValue(), fc.anything()))
      .map(([key, value]) => ({ ...whole, [key]: value })),
  );

describe('saved servers', () => {
  it('keep what a forward sends as Host, and need not have it', () => {
    const named = { ...forward, sendAs: { host: 'mlflow-server.local:8080' } };
    for (const each of [forward, named, { ...forward, sendAs: null }, { ...forward, forNames: true as const }]) {
      const saved = { servers: [{ ...server, forwards: [each] }] };
      expect(parseSavedServers(saved).servers[0]?.forwards).toEqual([each]);
    }
    const odd = { servers: [{ ...server, forwards: [{ ...forward, forNames: 'yes' }] }] };
    expect(parseSavedServers(odd)).toEqual({ servers: [{ ...server, forwards: [forward] }], rejected: [] });
    const bad = { servers: [{ ...server, forwards: [{ ...forward, sendAs: { host: 'a b' } }] }] };
    expect(parseSavedServers(bad).rejected[0]?.reason).toMatch(/^Send as Host must not have spaces/);
  });

  it('come back as they were', () => {
    expect(parseSavedServers({ servers: [server] })).toEqual({ servers: [server], rejected: [] });
    expect(parseSavedServers(JSON.parse(JSON.stringify({ servers: [server] })))).toEqual({
      servers: [server],
      rejected: [],
    });
  });

  it('of an older version have no names in the hosts file', () => {
    const { hosts: _hosts, ...older } = server;
    expect(parseSavedServers({ servers: [older] })).toEqual({ servers: [server], rejected: [] });
  });

  it.each([null, undefined, { servers: [] }])('are none in %j', (value) => {
    expect(parseSavedServers(value)).toEqual({ servers: [], rejected: [] });
  });

  it.each([1, 'x', [], {}, { servers: {} }, { servers: 'x' }])(
    'are reported whole if there is no list, as in %j',
    (value) => {
      expect(parseSavedServers(value)).toEqual({
        servers: [],
        rejected: [{ name: 'the list of servers', reason: 'It has no list in it', raw: value }],
      });
    },
  );

  it('are kept beside a bad one, which is told', () => {
    const bad = { ...server, id: 's2', name: 'other', port: 0, user: '-x' };
    const third = { ...server, id: 's3', name: 'third', forwards: [] };
    expect(parseSavedServers({ servers: [server, bad, 7, third] })).toEqual({
      servers: [server, third],
      rejected: [
        {
          name: 'other',
          reason: 'Port must be a whole number from 1 to 65535; User must not start with a hyphen',
          raw: bad,
        },
        { name: 'server 3', reason: 'Server is missing or not an object', raw: 7 },
      ],
    });
  });

  it('are kept without a bad forward, which is told', () => {
    const bad = { ...forward, id: 'f2', label: 'Web', bind: { ...forward.bind, address: '0.0.0.0' } };
    const clash = { ...forward, id: 'f3', label: 'Again' };
    const twice = { ...forward, label: 'Twice', bind: { ...forward.bind, port: 9 } };
    const found = parseSavedServers({ servers: [{ ...server, forwards: [forward, bad, clash, twice, null] }] });
    expect(found.servers).toEqual([server]);
    expect(found.rejected.map((each) => `${each.name}: ${each.reason}`)).toEqual([
      'forward “Web” of lab: Local address must be one of this machine alone: 127.0.0.1, another 127.x.x.x, or ::1',
      'forward “Again” of lab: Local port is in use by another forward of this server, which listens on 127.0.0.1:5001 too',
      'forward “Twice” of lab: Another forward has the same id',
      'forward 5 of lab: Forward is missing or not an object',
    ]);
  });

  it('read odd wishes as off, an unknown service as tcp, and drop unknown fields', () => {
    const odd = {
      ...forward,
      service: 'ray',
      wanted: 'yes',
      bind: { ...forward.bind, alsoIpv6: null, new: 1 },
      new: 1,
    };
    const found = parseSavedServers({
      servers: [{ ...server, wanted: 1, demo: undefined, new: {}, forwards: [odd] }],
      new: 1,
    });
    expect(found.rejected).toEqual([]);
    expect(found.servers).toEqual([
      {
        ...server,
        wanted: false,
        demo: false,
        remembered: [],
        stacks: [],
        openRunId: null,
        hosts: { on: false, names: [] },
        forwards: [{ ...forward, service: 'tcp', wanted: false }],
      },
    ]);
  });

  it('have ids of their own', () => {
    const found = parseSavedServers({
      servers: [server, { ...server, name: 'copy' }, { ...server, id: 's3', name: 'third' }],
    });
    expect(found.servers.map((each) => [each.name, each.forwards.length])).toEqual([
      ['lab', 1],
      ['third', 0],
    ]);
    expect(found.rejected.map((each) => each.name)).toEqual(['copy', 'forward “MLflow” of third']);
  });

  it('are bounded in number', () => {
    const servers = Array.from({ length: 600 }, (_each, index) => ({
      ...server,
      id: `s${String(index)}`,
      forwards: [],
    }));
    const found = parseSavedServers({ servers });
    expect(found.servers).toHaveLength(500);
    expect(found.rejected).toMatchObject([{ name: '100 more servers' }]);
  });

  it('never crash, and pass the rules of calls, whatever the file holds', () => {
    const anyServer = fc.oneof(
      broken(server),
      broken(forward).map((each) => ({ ...server, forwards: [forward, each] })),
      broken(forward.bind).map((bind) => ({ ...server, forwards: [{ ...forward, bind }] })),
    );
    const files = fc.oneof(
      fc.anything(),
      fc.array(anyServer, { maxLength: 5 }).map((servers) => ({ servers })),
    );
    fc.assert(
      fc.property(files, (file) => {
        const { servers, rejected } = parseSavedServers(file);
        for (const { id, wanted, demo, remembered, stacks, openRunId, hosts, forwards, ...own } of servers) {
          expect(stacks).toEqual([]);
          expect(parsers['hosts.set']({ serverId: 's', hosts })).toEqual({ ok: true, value: { serverId: 's', hosts } });
          expect(openRunId === null || openRunId.length <= 200).toBe(true);
          const drafts = forwards.map(({ id: forwardId, wanted: forwardWanted, ...draft }) => {
            expect([typeof forwardId, typeof forwardWanted]).toEqual(['string', 'boolean']);
            return draft;
          });
          expect([typeof id, typeof wanted, typeof demo]).toEqual(['string', 'boolean', 'boolean']);
          expect(remembered.every((each) => ['password', 'passphrase'].includes(each))).toBe(true);
          const draft = { ...own, forwards: drafts };
          expect(parsers['servers.add']({ draft })).toEqual({ ok: true, value: { draft } });
        }
        for (const each of rejected) expect([each.name !== '', each.reason !== '']).toEqual([true, true]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('saved settings', () => {
  it.each([null, undefined, {}, defaultSettings])('are the defaults for %j', (value) => {
    expect(parseSavedSettings(value)).toEqual({ settings: defaultSettings, notes: [] });
  });

  it('are kept one by one', () => {
    expect(
      parseSavedSettings({ theme: 'pink', holdSeconds: 3, deadLinkSeconds: 1, colour: 1, '\u001b[0m': 1 }),
    ).toEqual({
      settings: { ...defaultSettings, holdSeconds: 3 },
      notes: [
        'Theme must be one of system, light, dark. It has its default again: system.',
        'Time to notice a dead link in seconds must be a whole number from 2 to 60. It has its default again: 10.',
        'The setting colour is not known to this version and was left out.',
        'The setting with a name that can’t be shown is not known to this version and was left out.',
      ],
    });
  });

  it.each([1, 'x', [], true])('are the defaults, with a note, for %j', (value) => {
    expect(parseSavedSettings(value)).toEqual({
      settings: defaultSettings,
      notes: [expect.stringMatching(/^The settings/)],
    });
  });

  it('never crash, and stay in their ranges', () => {
    fc.assert(
      fc.property(broken(defaultSettings), (value) => {
        const { settings, notes } = parseSavedSettings(value);
        expect(parsers['settings.set']({ patch: settings }).ok).toBe(true);
        expect(settings.holdSeconds).toBeLessThanOrEqual(settingRanges.holdSeconds[1]);
        expect(notes.length).toBeLessThanOrEqual(25);
      }),
    );
  });
});

describe('saved host keys', () => {
  it.each([[{ keys: [hostKey] }], [[hostKey]]])('come back as they were from %j', (value) => {
    expect(parseSavedHostKeys(value)).toEqual({ keys: [hostKey], rejected: [] });
  });

  it('may wait for their key, known by the fingerprint alone', () => {
    const expected = { ...hostKey, keyType: '', key: '' };
    expect(parseSavedHostKeys([expected])).toEqual({ keys: [expected], rejected: [] });
  });

  it.each([
    ['a bad fingerprint', { ...hostKey, fingerprint: 'MD5:00' }],
    ['a bad key', { ...hostKey, key: 'not base64!' }],
    ['a bad time', { ...hostKey, firstSeenMs: 'today' }],
    ['the same host, port and type', { ...hostKey, host: 'LAB.example.org', key: 'BBBB' }],
    ['nothing', null],
  ])('are kept beside one with %s, which is told', (_title, bad) => {
    const { keys, rejected } = parseSavedHostKeys([hostKey, bad]);
    expect(keys).toEqual([hostKey]);
    expect(rejected).toEqual([
      {
        name: bad === null ? 'host key 2' : `a host key of ${bad.host}`,
        reason: expect.stringMatching(/./) as string,
        raw: bad,
      },
    ]);
  });

  it('are told when there is no list of them, or one too long', () => {
    expect(parseSavedHostKeys({ keys: 1 })).toMatchObject({ keys: [], rejected: [{ raw: { keys: 1 } }] });
    const many = Array.from({ length: 5001 }, (_, index) => ({ ...hostKey, port: index + 1 }));
    const { keys, rejected } = parseSavedHostKeys(many);
    expect(keys).toHaveLength(5000);
    expect(rejected).toMatchObject([{ name: '1 more host keys', raw: [{ port: 5001 }] }]);
  });

  it('never crash', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(broken(hostKey))), (value) => {
        for (const key of parseSavedHostKeys(value).keys) expect(parseSavedHostKeys([key]).keys).toEqual([key]);
      }),
    );
  });
});
