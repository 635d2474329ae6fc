import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressProblem, isHostName, isIpv4, isIpv6 } from '../../../main/core/servers/address.ts';
import {
  bindAddressProblem,
  keyPathProblem,
  labelProblem,
  nameProblem,
  userProblem,
} from '../../../main/core/servers/rules.ts';
import { forwardClashes, listensOn } from '../../../main/core/servers/shapes.ts';

const forward = (label: string, port: number, address = '127.0.0.1', alsoIpv6 = false) => ({
  label,
  service: 'tcp' as const,
  bind: { address, port, alsoIpv6 },
  target: { host: 'localhost', port: 80 },
});

describe('addresses', () => {
  it.each([
    ...['lab', 'lab-vm.example.org', 'LAB.Example.ORG.', 'db_1.internal', '1a.example', 'xn--mller-kva.example'],
    ...['10.0.0.1', '255.255.255.255', '0.0.0.0', '::', '::1', '2001:db8::1', '2001:DB8:0:0:1:2:3:4'],
    ...['::ffff:10.0.0.1', '64:ff9b::10.0.0.1', 'fe80::1%eth0', 'fe80::1%12', '1::', '1:2:3:4:5:6:7::', 'a'.repeat(63)],
  ])('takes %s', (address) => {
    expect(addressProblem('Address', address)).toBeNull();
  });

  it.each([
    ['', 'Address is missing'],
    ['https://x', 'Address must be a host name or an IP address alone, without https://'],
    ['ssh://x:22', 'Address must be a host name or an IP address alone, without ssh://'],
    ['x.org/path', 'Address must be a host name or an IP address alone, without a path'],
    ['me@x.org', 'Address must not have a user in it: leave out what is before the @'],
    ['x.org:22', 'Address must not have a port in it: leave out what is after the colon'],
    ['[::1]:22', 'Address must not have a port in it: leave out what is after the colon'],
    ['[::1]', 'Address must be written without brackets'],
    ['-oProxyCommand=x', 'Address must not start with a hyphen'],
    ['a b', 'Address must not have spaces or control characters in it'],
    ['a\u0000b', 'Address must not have spaces or control characters in it'],
    ['a\u202eb', 'Address must not have spaces or control characters in it'],
    ['1.2.3', 'Address is not an IPv4 address: that has four numbers from 0 to 255'],
    ['256.1.1.1', 'Address is not an IPv4 address: that has four numbers from 0 to 255'],
    ['01.2.3.4', 'Address is not an IPv4 address: that has four numbers from 0 to 255'],
    ['1:2:3', 'Address is not an IPv6 address'],
    ['1::2::3', 'Address is not an IPv6 address'],
    ['12345::', 'Address is not an IPv6 address'],
    ['fe80::1%', 'Address is not an IPv6 address'],
    [
      'müller.example',
      'Address may have only the letters a to z, digits, dots and hyphens: write other letters in their xn-- form',
    ],
    ['a..b', 'Address is not a host name: those have letters, digits, dots and hyphens, and no part longer than 63'],
    [
      'a'.repeat(64),
      'Address is not a host name: those have letters, digits, dots and hyphens, and no part longer than 63',
    ],
    ['lab-', 'Address is not a host name: those have letters, digits, dots and hyphens, and no part longer than 63'],
    ['a.'.repeat(5000), 'Address is too long for a host name'],
  ])('refuses %j', (address, message) => {
    expect(addressProblem('Address', address)).toBe(message);
  });

  it('agrees with Node about what an IP address is, zones aside', async () => {
    const { isIPv4, isIPv6 } = await import('node:net');
    const piece = fc.constantFrom(':', '::', '.', '0', '1', 'ffff', '255', '256', '10.0.0.1', 'g', '00');
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect([text, isIpv4(text)]).toEqual([text, isIPv4(text)]);
        expect([text, isIpv6(text)]).toEqual([text, isIPv6(text)]);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes generated host names and never throws', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect([name, isHostName(name)]).toEqual([name, true]);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const problem = addressProblem('Address', text);
        expect(problem === null || problem.startsWith('Address ')).toBe(true);
      }),
    );
  });
});

describe('names, labels, users', () => {
  it.each(['lab-vm', 'Lab VM (2)', 'Näytös', '实验室', '👩‍🔬 lab', 'می‌خواهم', 'x'.repeat(64), '1.2.3.4', '::1'])(
    'takes the name %s',
    (name) => {
      expect(nameProblem(name)).toBeNull();
      expect(labelProblem(name)).toBeNull();
    },
  );

  it.each([
    ['', 'Name is missing'],
    ['x'.repeat(65), 'Name must have at most 64 characters'],
    ['😀'.repeat(65), 'Name must have at most 64 characters'],
    ['a/b', 'Name must not have a / in it'],
    ['-rf', 'Name must not start with a hyphen'],
    ['a\nb', 'Name must not have line breaks or invisible characters in it'],
    ['a\u001b[31mb', 'Name must not have line breaks or invisible characters in it'],
    ['a\u202eb', 'Name must not have line breaks or invisible characters in it'],
    ['a\u200bb', 'Name must not have line breaks or invisible characters in it'],
    ['\u200d', 'Name must not have line breaks or invisible characters in it'],
    ['\ud800', 'Name must not have line breaks or invisible characters in it'],
  ])('refuses the name %j', (name, message) => {
    expect(nameProblem(name)).toBe(message);
  });

  it.each(['ubuntu', 'ec2-user', 'DOMAIN\\me', 'me@tenant.example', 'x'.repeat(128)])('takes the user %s', (user) => {
    expect(userProblem(user)).toBeNull();
  });

  it.each([
    ['', 'User is missing'],
    ['a b', 'User must not have spaces in it'],
    ['-l', 'User must not start with a hyphen'],
    ['a\u0000', 'User must not have line breaks or invisible characters in it'],
    ['x'.repeat(129), 'User must have at most 128 characters'],
  ])('refuses the user %j', (user, message) => {
    expect(userProblem(user)).toBe(message);
  });
});

describe('key files', () => {
  it.each(['/home/me/.ssh/id', '~/.ssh/my key', 'C:\\Users\\me\\k.pem', 'd:/keys/k', '\\\\nas\\keys\\k', '~\\.ssh\\k'])(
    'takes %s',
    (path) => {
      expect(keyPathProblem(path)).toBeNull();
    },
  );

  it.each([
    ['', 'Key file is missing'],
    ['k.pem', 'Key file must be a full path, such as ~/.ssh/id_ed25519'],
    ['./k.pem', 'Key file must be a full path, such as ~/.ssh/id_ed25519'],
    ['~other/k', 'Key file must be a full path, such as ~/.ssh/id_ed25519'],
    ['/a\nb', 'Key file must not have line breaks or control characters in its path'],
    [`/${'x'.repeat(4096)}`, 'Key file must have a path of at most 4096 characters'],
  ])('refuses %j', (path, message) => {
    expect(keyPathProblem(path)).toBe(message);
  });
});

describe('local addresses', () => {
  it.each(['127.0.0.1', '127.255.255.254', '::1'])('takes %s', (address) => {
    expect(bindAddressProblem(address)).toBeNull();
  });
  it.each([
    '',
    '0.0.0.0',
    '::',
    '*',
    'localhost',
    '128.0.0.1',
    '127.1',
    '127.0.0.1 ',
    '::ffff:127.0.0.1',
    '192.168.0.1',
  ])('refuses %j', (address) => {
    expect(bindAddressProblem(address)).toMatch(/^Local address /);
  });
});

describe('forwards of one server', () => {
  it.each([
    ['different', [forward('a', 1), forward('b', 2)], []],
    ['the same label', [forward('a', 1), forward('A', 2)], ['1.label']],
    ['the same port', [forward('a', 1), forward('b', 1)], ['1.bind.port']],
    ['the same port elsewhere', [forward('a', 1), forward('b', 1, '127.0.0.2')], []],
    ['IPv6 twice', [forward('a', 1, '127.0.0.1', true), forward('b', 1, '::1')], ['1.bind.port']],
    ['IPv6 twice, by both', [forward('a', 1, '127.0.0.1', true), forward('b', 1, '127.0.0.2', true)], ['1.bind.port']],
    [
      'three',
      [forward('a', 1), forward('a', 1), forward('a', 1)],
      ['1.label', '1.bind.port', '2.label', '2.bind.port'],
    ],
  ])('that are %s', (_title, forwards, paths) => {
    expect(forwardClashes(forwards).map((each) => each.path)).toEqual(paths);
  });

  it('listen where they say, once', () => {
    expect(listensOn(forward('a', 1, '::1', true))).toEqual(['[::1]:1']);
    expect(listensOn(forward('a', 1, '127.0.0.1', true))).toEqual(['127.0.0.1:1', '[::1]:1']);
  });
});
