import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseForward, parseLogin } from '../../../main/headless/commands/specs.ts';
import { forwardPresets, formatEndpoint, isLoopback } from '../../../main/shared/forward.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('localhost', 'db', 'db_1', '::1', 'xn--bcher-kva.example'),
);
const bind = fc.oneof(
  fc.constant('::1'),
  fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `127.${parts.join('.')}`),
);

describe('a forward as typed', () => {
  it('is read back as it was meant', () => {
    fc.assert(
      fc.property(fc.option(bind, { nil: undefined }), port, host, port, (address, localPort, target, targetPort) => {
        const local = address === undefined ? String(localPort) : formatEndpoint(address, localPort);
        const reply = parseForward(`${local}:${formatEndpoint(target, targetPort)}`);
        expect(reply).toMatchObject({
          ok: true,
          value: {
            bind: { address: address ?? '127.0.0.1', port: localPort },
            target: { host: target, port: targetPort },
          },
        });
      }),
    );
  });

  it('is understood or refused in words, whatever it is; never bound to a public address', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        ':',
        '[',
        ']',
        '::',
        '1',
        '5001',
        '65536',
        '0',
        '-1',
        'localhost',
        '0.0.0.0',
        '*',
        ' ',
        '127.0.0.1',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        (text) => {
          const reply = parseForward(text);
          if (!reply.ok) {
            expect(reply.error).toMatchObject({ code: 'invalid-argument', hint: expect.any(String) as string });
            return;
          }
          const { bind: bound, target } = reply.value;
          expect(isLoopback(bound.address)).toBe(true);
          for (const each of [bound.port, target.port])
            expect(each >= 1 && each <= 65_535 && Number.isInteger(each)).toBe(true);
          expect(target.host).not.toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ':5001:localhost:5000',
    '*:5001:localhost:5000',
    '0.0.0.0:5001:localhost:5000',
    '192.168.0.2:5001:localhost:5000',
    '[::]:5001:localhost:5000',
    '[::ffff:127.0.0.1]:5001:localhost:5000',
    '127.0.0.1.evil:5001:localhost:5000',
    '5001::5000',
    '5001:localhost',
    '5001:localhost:5000:1:2',
    '5001:local host:5000',
    '5001:[::1:5000',
    '5001:::1:5000',
    '',
  ])('is refused: %s', (text) => {
    expect(parseForward(text).ok).toBe(false);
  });

  it.each(forwardPresets.map((each) => [each.name, each] as const))('takes the preset %s', (name, preset) => {
    const expected = { service: preset.service, bind: { port: preset.localPort }, target: { port: preset.targetPort } };
    expect(parseForward(name.toUpperCase())).toMatchObject({ ok: true, value: { label: preset.label, ...expected } });
    expect(parseForward(name, [preset.label.toLowerCase()])).toMatchObject({ value: { label: `${preset.label} 2` } });
    expect(parseForward(name, [preset.label, `${preset.label} 2`])).toMatchObject({
      value: { label: `${preset.label} 3` },
    });
  });
});

describe('an address as typed', () => {
  it('is read back as it was meant', () => {
    const user = fc.stringMatching(/^[a-z_][a-z0-9_.@\\-]{0,12}$/);
    fc.assert(
      fc.property(user, host, fc.option(port, { nil: undefined }), fc.boolean(), (name, address, number, scheme) => {
        const where =
          number === undefined ? (address.includes(':') ? `[${address}]` : address) : formatEndpoint(address, number);
        const reply = parseAddress(`${scheme ? 'ssh://' : ''}${name}@${where}`);
        expect(reply).toEqual({ ok: true, value: { user: name, address, port: number ?? 22 } });
      }),
    );
  });

  it.each([
    ['me@host', { user: 'me', address: 'host', port: 22 }],
    ['me@2001:db8::1', { user: 'me', address: '2001:db8::1', port: 22 }],
    ['me@[fe80::1%en0]:2222', { user: 'me', address: 'fe80::1%en0', port: 2222 }],
    ['DOMAIN\\me@host:22', { user: 'DOMAIN\\me', address: 'host', port: 22 }],
    ['ssh://me@host:2222/', { user: 'me', address: 'host', port: 2222 }],
  ])('%s', (text, value) => {
    expect(parseAddress(text)).toEqual({ ok: true, value });
  });

  it.each([
    '',
    'host',
    '@host',
    'me@',
    'me@host:',
    'me@host:0',
    'me@host:70000',
    'me@ho st',
    'm e@host',
    'me@[::1',
    'me@host:22:22',
  ])('is refused: "%s"', (text) => {
    expect(parseAddress(text).ok).toBe(false);
  });

  it('is never fatal', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        parseAddress(text);
        parseAddress(`me@${text}`);
      }),
    );
    const started = performance.now();
    parseAddress(`a@${':a'.repeat(50_000)}`);
    parseAddress('@'.repeat(50_000));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('a login as typed', () => {
  it('a key alone means to log in by it', () => {
    expect(parseLogin(undefined, 'lab key', { kind: 'auto' })).toMatchObject({
      value: { path: join(process.cwd(), 'lab key') },
    });
    expect(parseLogin(undefined, '~/k', { kind: 'auto' })).toMatchObject({ value: { kind: 'key', path: '~/k' } });
    expect(parseLogin(undefined, undefined, { kind: 'agent' })).toMatchObject({ value: { kind: 'agent' } });
    expect(parseLogin('key', undefined, { kind: 'key', path: 'x' })).toMatchObject({ value: { path: 'x' } });
    expect(parseLogin('password', '~/k', { kind: 'auto' }).ok).toBe(false);
  });
});
