import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../../main/shared/forward.ts';
import type { SshLine } from '../../../main/shared/server.ts';
import { parsers } from '../../../main/core/parse-calls.ts';
import { parseForwardSpec, parseSshLine } from '../../../main/core/servers/ssh-line.ts';

function read(line: string): SshLine {
  const reply = parseSshLine(line);
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
}

/** Forwards as `127.0.0.1:5001>localhost:5000 MLflow/mlflow`. */
const forwardsOf = ({ draft }: SshLine) =>
  draft.forwards.map(
    ({ label, service, bind, target }) =>
      `${bind.address}:${String(bind.port)}>${target.host}:${String(target.port)} ${label}/${service}`,
  );

const summary = (line: string) => {
  const { draft } = read(line);
  const login = draft.login.kind === 'key' ? `key ${draft.login.path}` : draft.login.kind;
  return `${draft.user}@${draft.address}:${String(draft.port)} ${login}`;
};

describe('parseSshLine', () => {
  it('reads the line that course pages hand out', () => {
    const line =
      'ssh -i ~/key.pem -p 2222 -N -f -L 5001:localhost:5000 -L 127.0.0.1:9000:minio:9000 -o ServerAliveInterval=30 ubuntu@1.2.3.4';
    expect(read(line)).toEqual({
      draft: {
        name: '1.2.3.4',
        address: '1.2.3.4',
        port: 2222,
        user: 'ubuntu',
        login: { kind: 'key', path: '~/key.pem' },
        forwards: [
          {
            label: 'MLflow',
            service: 'mlflow',
            bind: { address: '127.0.0.1', port: 5001, alsoIpv6: false },
            target: { host: 'localhost', port: 5000 },
          },
          {
            label: 'S3 API',
            service: 's3',
            bind: { address: '127.0.0.1', port: 9000, alsoIpv6: false },
            target: { host: 'minio', port: 9000 },
          },
        ],
      },
      notes: [],
    });
  });

  it.each([
    ['ssh://me@lab.example.org:2222', 'me@lab.example.org:2222 auto'],
    ['ssh://me@[2001:db8::1]:2222/', 'me@2001:db8::1:2222 auto'],
    ['ssh ssh://me@lab.example.org', 'me@lab.example.org:22 auto'],
    ['ssh://me:hunter2@lab.example.org', 'me@lab.example.org:22 auto'],
    ['me@lab.example.org', 'me@lab.example.org:22 auto'],
    ['me@lab.example.org:2222', 'me@lab.example.org:2222 auto'],
    ['ssh me@lab.example.org', 'me@lab.example.org:22 auto'],
    ['ssh -l me lab.example.org', 'me@lab.example.org:22 auto'],
    ['ssh -lme lab.example.org', 'me@lab.example.org:22 auto'],
    ['ssh -p2222 me@h.org', 'me@h.org:2222 auto'],
    ['ssh me@h.org -p 2222', 'me@h.org:2222 auto'],
    ['ssh -p 1 -p 2 me@h.org', 'me@h.org:1 auto'],
    ['ssh -o Port=2200 -o User=me -o IdentityFile=~/.ssh/k h.org', 'me@h.org:2200 key ~/.ssh/k'],
    ['ssh -oPort=2200 -o "user me" h.org', 'me@h.org:2200 auto'],
    ['ssh -o HostName=10.0.0.1 me@lab', 'me@10.0.0.1:22 auto'],
    ['ssh -o PreferredAuthentications=password me@h.org', 'me@h.org:22 password'],
    ["ssh -i '/Users/me/my keys/k.pem' me@h.org", 'me@h.org:22 key /Users/me/my keys/k.pem'],
    ['ssh -i "/Users/me/my keys/k.pem" me@h.org', 'me@h.org:22 key /Users/me/my keys/k.pem'],
    ['ssh -i /Users/me/my\\ keys/k.pem me@h.org', 'me@h.org:22 key /Users/me/my keys/k.pem'],
    ['ssh -i C:\\Users\\me\\k.pem me@h.org', 'me@h.org:22 key C:\\Users\\me\\k.pem'],
    ['ssh -i "C:\\Users\\me\\my k.pem" me@h.org', 'me@h.org:22 key C:\\Users\\me\\my k.pem'],
    ['ssh -i $HOME/.ssh/k me@h.org', 'me@h.org:22 key ~/.ssh/k'],
    ['ssh \\\n  -p 2222 \\\n  me@h.org', 'me@h.org:2222 auto'],
    ['ssh \\\r\n  -p 2222 me@h.org\r\n', 'me@h.org:2222 auto'],
    ['$ ssh me@h.org', 'me@h.org:22 auto'],
    ['me@laptop:~$ ssh me@h.org', 'me@h.org:22 auto'],
    ['PS C:\\Users\\me> ssh me@h.org', 'me@h.org:22 auto'],
    ['!ssh me@h.org', 'me@h.org:22 auto'],
    ['/usr/bin/ssh me@h.org', 'me@h.org:22 auto'],
    ['sudo ssh me@h.org', 'me@h.org:22 auto'],
    ['ssh me@h.org &', 'me@h.org:22 auto'],
    ['ssh -N me@h.org > /dev/null 2>&1 &', 'me@h.org:22 auto'],
    ['ssh me@h.org # the lab', 'me@h.org:22 auto'],
    ['ssh –p 2222 me@h.org', 'me@h.org:2222 auto'],
    ['ssh\u00a0me@h.org', 'me@h.org:22 auto'],
    ['ssh -- me@h.org', 'me@h.org:22 auto'],
    ['ssh me@fe80::1%eth0', 'me@fe80::1%eth0:22 auto'],
    ['ssh domain\\\\me@h.org', 'domain\\me@h.org:22 auto'],
    ['ssh me@tenant@h.org', 'me@tenant@h.org:22 auto'],
    ['$ chmod 400 k.pem\n$ ssh me@h.org', 'me@h.org:22 auto'],
    ['-p 2222 me@h.org', 'me@h.org:2222 auto'],
  ])('reads the server of %s', (line, expected) => {
    expect(summary(line)).toBe(expected);
  });

  it.each([
    ['ssh -NfL 5001:localhost:5000 me@h.org', ['127.0.0.1:5001>localhost:5000 MLflow/mlflow']],
    ['ssh -L5001:localhost:5000 me@h.org', ['127.0.0.1:5001>localhost:5000 MLflow/mlflow']],
    ["ssh -o LocalForward='5001 localhost:5000' me@h.org", ['127.0.0.1:5001>localhost:5000 MLflow/mlflow']],
    ['ssh -o "LocalForward [::1]:5001 [::1]:5000" me@h.org', ['::1:5001>::1:5000 MLflow/mlflow']],
    ['ssh -L localhost:5001:localhost:5000 me@h.org', ['127.0.0.1:5001>localhost:5000 MLflow/mlflow']],
    ['ssh -L 127.0.0.2:5001:h:1234 me@h.org', ['127.0.0.2:5001>h:1234 Port 1234/tcp']],
    ['ssh -L 9000:[2001:db8::1]:9001 me@h.org', ['127.0.0.1:9000>2001:db8::1:9001 S3 console/s3-console']],
    [
      'ssh -L 1:a:5000 -L 2:b:5000 me@h.org -L 3:c:5000',
      ['127.0.0.1:1>a:5000 MLflow/mlflow', '127.0.0.1:2>b:5000 MLflow 2/mlflow', '127.0.0.1:3>c:5000 MLflow 3/mlflow'],
    ],
  ])('reads the forwards of %s', (line, expected) => {
    const found = read(line);
    expect(forwardsOf(found)).toEqual(expected);
    expect(found.notes).toEqual([]);
  });

  it.each([
    ['ssh -J jump.org me@h.org', 'Jump hosts (-J) are not supported yet and were left out'],
    ['ssh -o ProxyJump=jump.org me@h.org', 'Jump hosts (-J) are not supported yet and were left out'],
    ['ssh -R 80:localhost:80 me@h.org', 'Remote forwards (-R) are not supported yet and were left out'],
    ['ssh -ND 1080 me@h.org', 'Dynamic forwards (-D) are not supported yet and were left out'],
    ['ssh -A me@h.org', 'Agent forwarding (-A) is not supported and was left out'],
    ['ssh me@h.org mlflow server --port 5000', 'The command for the server is not run and was left out'],
    [
      'ssh -L *:5001:h:5000 me@h.org',
      'Local port 5001 listens on 127.0.0.1 alone, not on other addresses as in the line',
    ],
    [
      'ssh -L :5001:h:5000 me@h.org',
      'Local port 5001 listens on 127.0.0.1 alone, not on other addresses as in the line',
    ],
    [
      'ssh -L 0.0.0.0:5001:h:5000 me@h.org',
      'Local port 5001 listens on 127.0.0.1 alone, not on other addresses as in the line',
    ],
    ['ssh -L 1:h:5000 -L 1:g:5000 me@h.org', 'Local port 1 is forwarded twice; only the first was taken'],
    ['ssh -L 1:/run/x.sock me@h.org', 'Forwards of socket files are not supported yet and were left out'],
    ['ssh -L /tmp/x.sock:h:80 me@h.org', 'Forwards of socket files are not supported yet and were left out'],
    ['ssh h.org', 'Fill in the user: the line does not say whom to log in as'],
    [
      'ssh me@lab',
      'If “lab” is a name from your ~/.ssh/config, fill in the server’s address: that file is not read yet',
    ],
    ['ssh me@FLOATING_IP', '“FLOATING_IP” looks like a placeholder: fill in the server’s address'],
    ['ssh -i k.pem me@h.org', 'Choose the key file: the line gives its path without the folder it starts from'],
    ['ssh -i /a -i /b me@h.org', 'Only the first key file was taken; the others were left out'],
    [
      'ssh -o StrictHostKeyChecking=no me@h.org',
      'Mooring always checks host keys, so options that turn the check off were left out',
    ],
    ['ssh -o Frob=1 me@h.org', 'The option Frob is not supported and was left out'],
    ['autossh -M 0 -N me@h.org', 'autossh is not needed: Mooring keeps the connection up by itself'],
    [
      'sshpass -p hunter2 ssh me@h.org',
      'The password in the line was left out: Mooring asks for it and can keep it in the keychain',
    ],
    ['cd x && ssh me@h.org', 'Only the ssh command was read; the other commands were left out'],
  ])('tells what was left out of %s', (line, note) => {
    const found = read(line);
    expect(found.notes).toEqual([note]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it.each([
    ['', 'There is nothing to read'],
    ['   \n ', 'There is nothing to read'],
    ['hello', 'This is not an ssh command'],
    ['please write to me@h.org soon', 'This is not an ssh command'],
    ['me@h.org is my address', 'This is not an ssh command'],
    ['scp -i k me@h.org:/x .', 'This is a line for scp, not for ssh'],
    ['ssh', 'The line names no server'],
    ['ssh -N', 'The line names no server'],
    ['ssh -p', '-p has nothing after it'],
    ['ssh -p 0 me@h.org', 'Port must be a whole number from 1 to 65535'],
    ['ssh -p abc me@h.org', 'Port must be a whole number from 1 to 65535'],
    ['ssh -Z me@h.org', '-Z is not an option of ssh'],
    ['ssh -L 5001 me@h.org', 'The forward “5001” is not right: It is not complete'],
    ['ssh -L 0:h:80 me@h.org', 'The forward “0:h:80” is not right: Local port must be a whole number from 1 to 65535'],
    [
      'ssh -L 80:h:99999 me@h.org',
      'The forward “80:h:99999” is not right: Target port must be a whole number from 1 to 65535',
    ],
    ['ssh -L 80:::1:80 me@h.org', 'The forward “80:::1:80” is not right: It has too many parts'],
    ['ssh -L 80:[::1:80 me@h.org', 'The forward “80:[::1:80” is not right: A bracket is missing'],
    ["ssh -i 'k me@h.org", 'The line has a quote that is never closed'],
    ['ssh me@<floating-IP-of-cPouta-VM>', 'The line has a placeholder in it, written in angle brackets'],
    ['ssh <user>@h.org', 'The line has a placeholder in it, written in angle brackets'],
    ['ssh me@$HOST', 'The address has a shell variable in it'],
    ['ssh me@https://h.org', 'Address must be a host name or an IP address alone, without https://'],
    ['ssh me@1.2.3', 'Address is not an IPv4 address: that has four numbers from 0 to 255'],
    ['ssh me@h.org\u0000', 'The line has control characters in it'],
    ['x'.repeat(8193), 'The line is too long'],
  ])('refuses %j', (line, message) => {
    const reply = parseSshLine(line);
    expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument', message } });
    expect(reply.ok ? '' : reply.error.hint).toBeTruthy();
  });

  it.each([
    ['ssh me@lab-vm.example.org', 'lab-vm'],
    ['ssh me@10.1.2.3', '10.1.2.3'],
    ['ssh me@2001:db8::1', '2001:db8::1'],
    ['ssh -o HostName=10.0.0.1 me@lab', 'lab'],
  ])('names the server of %s', (line, name) => {
    expect(read(line).draft.name).toBe(name);
  });
});

describe('parseForwardSpec', () => {
  it.each([
    ['5001:localhost:5000', '127.0.0.1', 5001, 'localhost', 5000, 'MLflow'],
    ['localhost:5001:localhost:5000', '127.0.0.1', 5001, 'localhost', 5000, 'MLflow'],
    ['[::1]:5001:[2001:db8::1]:80', '::1', 5001, '2001:db8::1', 80, 'HTTP'],
    ['127.9.9.9:1:db:65535', '127.9.9.9', 1, 'db', 65535, 'Port 65535'],
  ])('reads %s', (spec, address, port, host, targetPort, label) => {
    expect(parseForwardSpec(spec)).toMatchObject({
      ok: true,
      value: { label, bind: { address, port, alsoIpv6: false }, target: { host, port: targetPort } },
    });
  });

  it.each([
    '',
    ':',
    '5001',
    '5001:h',
    '*:1:h:2',
    ':1:h:2',
    '0.0.0.0:1:h:2',
    '192.168.1.2:1:h:2',
    '1:/x',
    '1:-h:2',
    '1:h:2:3:4',
  ])('refuses %j', (spec) => {
    expect(parseForwardSpec(spec)).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });
});

/** Bits of real lines in random order, and anything at all. */
const lines = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...[
            'ssh',
            '-i',
            '-L',
            '-NfL',
            '-o',
            '-p',
            '--',
            '-J',
            '5001:localhost:5000',
            '*:1:h:2',
            '[::1]:1:[::1]:2',
            'me@h',
          ],
          ...[
            'LocalForward="1 h:2"',
            'Port=1',
            '"',
            "'",
            '\\',
            '\n',
            '$ ',
            '&',
            '>',
            '2>&1',
            '#',
            '<x>',
            'ssh://a@[::1]:1',
          ],
          ...[
            'C:\\k',
            '~/k',
            'k.pem',
            '-l',
            'sshpass',
            'autossh',
            '-M',
            '0',
            '::',
            '@',
            ':',
            '%',
            '[',
            '/x',
            '-o IdentityFile=',
          ],
        ),
        fc.string({ maxLength: 6 }),
      ),
      { maxLength: 14 },
    )
    .map((words) => `ssh ${words.join(' ')}`),
);

describe('any line at all', () => {
  it('is read into a draft that passes the rules, or refused in words', () => {
    fc.assert(
      fc.property(lines, (line) => {
        const reply = parseSshLine(line);
        if (!reply.ok) {
          expect(reply.error).toMatchObject({ code: 'invalid-argument', fields: [{ path: 'line' }] });
          return;
        }
        const { draft, notes } = reply.value;
        expect(draft.forwards.every((each) => isLoopback(each.bind.address))).toBe(true);
        const judged = parsers['servers.add']({ draft });
        // The two gaps that a person fills in, each with a note.
        const gaps = [
          ...(notes.some((each) => each.startsWith('Fill in the user')) ? ['user'] : []),
          ...(notes.some((each) => each.startsWith('Choose the key file')) ? ['login.path'] : []),
        ];
        expect(judged.ok ? [] : judged.error.fields?.map((each) => each.path)).toEqual(gaps);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as a forward that passes the rules, or refused in words', () => {
    const specs = fc.array(
      fc.oneof(fc.constantFrom(':', '[', ']', '::1', '5001', 'h', '*', '/'), fc.string({ maxLength: 5 })),
    );
    fc.assert(
      fc.property(specs, (parts) => {
        const reply = parseForwardSpec(parts.join(''));
        if (reply.ok) expect(parsers['forwards.add']({ serverId: 's', draft: reply.value }).ok).toBe(true);
        else expect(reply.error.hint).toBeTruthy();
      }),
    );
  });
});
