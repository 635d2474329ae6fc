import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictsOf, wishedLines } from '../../../../main/core/hosts/hosts-lines.ts';
import {
  addressProblem,
  foreignAddresses,
  nameProblem,
  namesProblems,
  ownNames,
  parseNames,
  wishOfLines,
} from '../../../../main/core/hosts/hosts-names.ts';
import { findBlock } from '../../../../main/core/hosts/hosts-edit.ts';
import { blockLabel, readHosts } from '../../../../main/core/hosts/hosts-text.ts';
import { hostsPresets, nameUrl, type HostsName } from '../../../../main/shared/hosts.ts';
import { forwardOf } from '../../../support/snapshots.ts';

const tunnel = { kind: 'tunnel' } as const;
const server = { kind: 'server' } as const;
const named = (name: string): HostsName => ({ name, to: tunnel });

describe('names', () => {
  it.each(['mlflow-server.local', 'a', 'A.Example.ORG', 'xn--mnchen-3ya.de', '3com.example', 'a'.repeat(63)])(
    '%s may be',
    (name) => {
      expect(nameProblem(name)).toBeNull();
    },
  );

  it.each([
    ['', 'missing'],
    ['a b', 'spaces'],
    ['a\u200bb', 'invisible'],
    ['a\nb', 'spaces'],
    ['"a"', 'only letters'],
    ["a'", 'only letters'],
    ['$(reboot)', 'only letters'],
    ['`id`', 'only letters'],
    ['a;b', 'only letters'],
    ['a_b', 'only letters'],
    ['müll.local', 'xn--'],
    ['a.', 'end with a dot'],
    ['.a', 'between its dots'],
    ['a..b', 'between its dots'],
    [`${'a.'.repeat(130)}b`, '253'],
    ['a'.repeat(64), '63'],
    ['-a.b', 'hyphen'],
    ['a-.b', 'hyphen'],
    ['127.0.0.1', 'number'],
    ['http://a', 'http://'],
    ['a:80', 'only letters'],
    ['localhost', 'belong to the system'],
    ['x.LOCALHOST', 'belong to the system'],
    ['ip6-loopback', 'belong to the system'],
    ['thinkpad', 'own name'],
    ['ThinkPad.local', 'own name'],
  ])('%j is refused, with words', (name, words) => {
    const problem = nameProblem(name, ownNames('thinkpad.example.org'));
    expect(problem).toContain(words);
  });

  it('are judged by field, each once', () => {
    const names = [named('a'), named('A'), { name: 'b', to: { kind: 'address', address: '0.0.0.0' } } as const];
    expect(namesProblems(names, [])).toEqual([
      { path: 'hosts.names.1.name', message: 'A name must be there only once' },
      { path: 'hosts.names.2.to.address', message: 'An address must be one of a single machine' },
    ]);
  });

  it('what is taken is of the form that the writing step takes', () => {
    const strict = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
    const characters = fc.constantFrom(...'ab9-._ $("\'`\\\n\0é\u202e:/#*');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (name) => {
        if (nameProblem(name) === null) expect(name.toLowerCase()).toMatch(strict);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('addresses', () => {
  it.each([
    '0.0.0.0',
    '::',
    '0:0:0:0:0:0:0:0',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    'fe80::1%eth0',
    'lab',
    '1.2.3',
  ])('%s is refused', (address) => {
    expect(addressProblem(address)).not.toBeNull();
  });

  it('of others than this machine and the server need a word', () => {
    const names = ['127.0.0.9', '::1', '128.214.1.2', '10.0.0.1', '10.0.0.1'].map((address, index): HostsName => ({
      name: `n${String(index)}`,
      to: { kind: 'address', address },
    }));
    expect(foreignAddresses([...names, named('x')], ['128.214.1.2'])).toEqual(['10.0.0.1']);
  });
});

describe('pasted text', () => {
  const read = (text: string) => {
    const reply = parseNames(text, { to: tunnel, serverAddresses: ['86.50.1.2'], own: ['thinkpad'] });
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.value;
  };
  const course = hostsPresets[0]?.names ?? [];

  it.each([
    'FLOATING_IP',
    '<floating-IP-of-cPouta-VM>',
    '<floating IP of the VM>',
    '$FLOATING_IP',
    '86.50.1.2',
    '127.0.0.1',
  ])('with %s for the address leads into the tunnel', (standIn) => {
    const text = course.map((name) => `${standIn} ${name}\r\n`).join('');
    expect(read(`# the course\n\n${text}`)).toEqual({ names: course.map(named), notes: [] });
  });

  it('keeps another address, takes names alone, and says what it left out', () => {
    expect(read('10.1.2.3 minio a.b. # note\nml-pipeline-ui.local\nFLOATING_IP thinkpad bad_name a.b\n')).toEqual({
      names: [
        { name: 'minio', to: { kind: 'address', address: '10.1.2.3' } },
        { name: 'a.b', to: { kind: 'address', address: '10.1.2.3' } },
        named('ml-pipeline-ui.local'),
      ],
      notes: [
        'Line 3: That is this machine’s own name.',
        'Line 3: A name may have only letters, digits, dots and hyphens.',
      ],
    });
  });

  it('never throws, and gives only names that may be', () => {
    const text = fc
      .array(fc.oneof(fc.string(), fc.constantFrom('FLOATING_IP a', '<x y> b c', '1.2.3.4\tq', '# z')))
      .map((each) => each.join('\n'));
    fc.assert(
      fc.property(text, (pasted) => {
        const { names } = read(pasted);
        expect(namesProblems(names, [])).toEqual([]);
      }),
    );
  });
});

describe('lines', () => {
  const leads = { tunnel: ['127.0.0.1', '::1'], server: ['86.50.1.2', '86.50.1.3'] };

  it('are one name each, and come back as the wish', () => {
    const names: HostsName[] = [
      named('a'),
      { name: 'b', to: server },
      { name: 'c', to: { kind: 'address', address: '10.0.0.1' } },
    ];
    const lines = ['127.0.0.1 a', '::1 a', '86.50.1.2 b', '10.0.0.1 c'];
    expect(wishedLines(names, leads)).toEqual(lines);
    expect(wishOfLines([...lines, '# note', '1.2.3.4 x y', 'zzz'], leads.server)).toEqual(names);
    expect(wishedLines(names, { ...leads, server: [] })).toBeNull();
  });

  it('of others that have the name are told with their place', () => {
    const text = 'FLOATING_IP a\n86.50.1.2\tx A # hand\n# BEGIN mooring me\n127.0.0.1 a\n# END mooring me\n::1 a.\n';
    const hosts = readHosts(text);
    const own = findBlock(hosts, 'me');
    const here = { ...leads, tunnel: ['127.0.0.1'] };
    expect(conflictsOf(hosts, own, [named('a')], here).map(({ line, address, wins }) => [line, address, wins])).toEqual(
      [
        [2, '86.50.1.2', true],
        [6, '::1', false],
      ],
    );
    expect(conflictsOf(hosts, null, [named('a')], { ...leads, tunnel: ['127.0.0.9'] })).toHaveLength(3);
  });

  it('of others that say the very same are none to be told', () => {
    const hosts = readHosts('127.0.0.1 a\n86.50.1.2 b\n127.0.0.1 b\n');
    const wished = [named('a'), { name: 'b', to: server }];
    expect(conflictsOf(hosts, null, wished, leads).map(({ name, line }) => [name, line])).toEqual([['b', 3]]);
  });

  it('have the server’s name as a label of safe characters', () => {
    expect(blockLabel('Lab VM (Zürich) $(x)\u202e')).toBe('Lab-VM-Z-rich-x');
    expect(blockLabel('湖')).toBe('');
  });

  it('are opened at the port that is really in use', () => {
    const web = forwardOf({ label: 'HTTP', service: 'http', localPort: 8081, port: 80 });
    expect(nameUrl(named('a'), { forwards: [] })).toBeNull();
    expect(nameUrl(named('a'), { forwards: [forwardOf(), web] })).toBe('http://a:8081/');
    expect(nameUrl(named('a'), { forwards: [{ ...web, bind: { ...web.bind, port: 80 } }] })).toBe('http://a/');
    expect(nameUrl({ name: 'a', to: server }, { forwards: [] })).toBe('http://a/');
  });
});
