/** HTTP under another name: what is changed, what is left alone, and what is refused, however the bytes are cut. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendAsStream, type SendAsPlace } from '../../../main/adapters/engine/send-as.ts';

const place: SendAsPlace = {
  host: 'mlflow-server.local',
  origin: 'host',
  aliases: ['lab'],
  bind: { address: '127.0.0.1', port: 5001 },
  targetPort: 5000,
};

const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const said = (pieces: readonly Buffer[]): string => Buffer.concat(pieces).toString('latin1');
const up = (stream: SendAsStream, text: string): string => said(stream.up(Buffer.from(text, 'latin1')));
const down = (stream: SendAsStream, text: string): string => said(stream.down(Buffer.from(text, 'latin1')));
const get = (...more: readonly string[]): string => lines('GET / HTTP/1.1', 'Host: 127.0.0.1:5001', ...more);
/** What a request becomes. */
const sent = (text: string, other: Partial<SendAsPlace> = {}): string =>
  up(new SendAsStream({ ...place, ...other }), text);
/** What an answer becomes, to a plain request. */
function told(text: string, asked = get()): string {
  const stream = new SendAsStream(place);
  up(stream, asked);
  return down(stream, text);
}
/** What we answer ourselves. */
function refused(text: string): string {
  const stream = new SendAsStream(place);
  expect(up(stream, text)).toBe('');
  return stream.answer?.toString() ?? '';
}

describe('a request', () => {
  it('gets the name, and keeps all else byte for byte', () => {
    const request = (host: string) =>
      lines('POST /a?b=%20 HTTP/1.1', 'aCCept:  x ', `hOst: ${host}`, 'X-Odd:\xe4\t', 'Content-Length: 3') + '\r\n\0';
    expect(sent(request('127.0.0.1:5001'))).toBe(request('mlflow-server.local'));
  });

  it.each(['localhost:5001', '[::1]:5001', '127.0.0.9:5001', 'LOCALHOST:5001', 'a.localhost:5001', 'lab:5001'])(
    'to %s is taken',
    (host) => {
      expect(sent(lines('GET / HTTP/1.1', `Host: ${host}`))).toBe(lines('GET / HTTP/1.1', 'Host: mlflow-server.local'));
    },
  );

  it('to the name itself is taken too, with the local port', () => {
    expect(sent(lines('GET / HTTP/1.1', 'Host: mlflow-server.local:5001'))).toContain('Host: mlflow-server.local\r\n');
    expect(refused(lines('GET / HTTP/1.1', 'Host: mlflow-server.local'))).toMatch(/^HTTP\/1\.1 421 /);
  });

  it.each([
    'evil.example',
    'evil.example:5001',
    '127.0.0.1',
    'localhost:80',
    '10.0.0.1:5001',
    'localhost.evil:5001',
    '',
  ])('to “%s” is refused', (host) => {
    const answer = refused(lines('GET / HTTP/1.1', `Host: ${host}`));
    expect(answer).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
    expect(answer).toContain('answers to http://127.0.0.1:5001/ and http://localhost:5001/ alone');
    if (host.includes('evil')) expect(answer).not.toContain('evil');
  });

  it('with no port is taken where the tunnel listens on port 80', () => {
    const bind = { address: '127.0.0.1', port: 80 };
    expect(sent(lines('GET / HTTP/1.1', 'Host: localhost'), { bind })).toContain('Host: mlflow-server.local');
  });

  it('has its Origin and Referer of this machine renamed, and those of others left', () => {
    const both = (from: string) => [`Origin: http://${from}`, `Referer: http://${from}/#/a?b`];
    expect(sent(get(...both('localhost:5001')))).toContain(both('mlflow-server.local').join('\r\n'));
    for (const other of ['evil.example', 'localhost:3000', 'mlflow-server.local']) {
      expect(sent(get(...both(other)))).toContain(both(other).join('\r\n'));
    }
    expect(sent(get('Origin: null'))).toContain('Origin: null');
  });

  it('keeps an Origin of localhost for those that trust that alone', () => {
    const given = sent(get('Origin: http://127.0.0.1:5001'), { origin: 'localhost' });
    expect(given).toContain('Origin: http://localhost:5001\r\n');
  });

  it('in the form for proxies is renamed there as well', () => {
    const ask = (target: string) => lines(`GET ${target} HTTP/1.1`, 'Host: localhost:5001');
    expect(sent(ask('http://127.0.0.1:5001/a?b'))).toBe(
      lines('GET http://mlflow-server.local/a?b HTTP/1.1', 'Host: mlflow-server.local'),
    );
    expect(refused(ask('http://evil.example/a'))).toMatch(/ 421 /);
    expect(refused(ask('https://127.0.0.1:5001/a'))).toMatch(/ 421 /);
  });

  it('of HTTP/1.0 without a Host gets one', () => {
    expect(sent(lines('GET / HTTP/1.0'))).toBe(lines('GET / HTTP/1.0', 'Host: mlflow-server.local'));
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01'],
    ['PostgreSQL’s greeting', '\0\0\0\x08\x04\xd2\x16\x2f'],
    ['a line of a chat', 'hello\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['a proxy’s CONNECT', lines('CONNECT a:1 HTTP/1.1', 'Host: a:1')],
    ['no Host', lines('GET / HTTP/1.1')],
    ['two Hosts', get('Host: 127.0.0.1:5001')],
    ['a space before a colon', get('A : b')],
    ['a folded line', get('A: b', ' c')],
    ['a line without CR', 'GET / HTTP/1.1\r\nHost: 127.0.0.1:5001\nA: b\r\n\r\n'],
    ['a CR inside a line', get('A: b\rC: d')],
    ['a zero byte', get('A: \0')],
    ['a length and chunks', get('Content-Length: 3', 'Transfer-Encoding: chunked')],
    ['two lengths', get('Content-Length: 3', 'Content-Length: 3')],
    ['an odd length', get('Content-Length: +3')],
    ['chunks that are not the last coding', get('Transfer-Encoding: chunked, gzip')],
    ['chunks twice', get('Transfer-Encoding: chunked, chunked')],
    ['a head without end', `GET / HTTP/1.1\r\nA: ${'a'.repeat(70_000)}`],
  ])('that is %s gets a 400 in words', (_what, text) => {
    expect(refused(text)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*\r\n\r\nMooring: This port /);
  });

  it('that is not sound after others are answered only when those are', () => {
    const stream = new SendAsStream(place);
    expect(up(stream, `${get()}${get()}nonsense\n`)).toBe(get().replace('127.0.0.1:5001', place.host).repeat(2));
    expect(stream.answer).toBeNull();
    down(stream, lines('HTTP/1.1 200 OK', 'Content-Length: 1') + 'a');
    expect(stream.answer).toBeNull();
    down(stream, lines('HTTP/1.1 204 No Content'));
    expect(stream.answer?.toString()).toMatch(/ 400 /);
    expect(up(stream, get())).toBe('');
  });

  it('has a chunk’s odd size refused', () => {
    const stream = new SendAsStream(place);
    up(stream, get('Transfer-Encoding: chunked') + '3\r\nabc\r\n');
    up(stream, '-1\r\n');
    expect(up(stream, get())).toBe('');
    down(stream, lines('HTTP/1.1 400 Bad Request', 'Content-Length: 0'));
    expect(stream.answer?.toString()).toMatch(/ 400 /);
  });

  it('does not offer HTTP/2 on', () => {
    const h2 = get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk');
    expect(sent(h2)).toBe(lines('GET / HTTP/1.1', 'Host: mlflow-server.local', 'Connection: Upgrade, HTTP2-Settings'));
  });
});

describe('an answer', () => {
  const ok = (...more: readonly string[]) => lines('HTTP/1.1 200 OK', ...more);

  it('keeps all but what names the given host', () => {
    const text = ok('x-ODD:  \xe4 ', 'Location: http://other.example/a', 'Content-Length: 2', 'x-odd: y');
    expect(told(`${text}\0\n`)).toBe(`${text}\0\n`);
  });

  it.each([
    ['http://mlflow-server.local/a?b#c', 'http://127.0.0.1:5001/a?b#c'],
    ['http://mlflow-server.local:5000/a', 'http://127.0.0.1:5001/a'],
    ['http://MLflow-Server.local:80', 'http://127.0.0.1:5001'],
    ['//mlflow-server.local/a', '//127.0.0.1:5001/a'],
    ['http://mlflow-server.local:9001/a', 'http://mlflow-server.local:9001/a'],
    ['https://mlflow-server.local/a', 'https://mlflow-server.local/a'],
    ['http://mlflow-server.local.evil/a', 'http://mlflow-server.local.evil/a'],
    ['/a', '/a'],
  ])('that leads to %s leads to %s', (from, to) => {
    const answer = (where: string) => lines('HTTP/1.1 302 Found', `Location: ${where}`, 'Content-Length: 0');
    expect(told(answer(from))).toBe(answer(to));
  });

  it('leads back to the name that its own request said', () => {
    const answer = lines('HTTP/1.1 302 Found', 'Location: http://mlflow-server.local/', 'Content-Length: 0');
    expect(told(answer, lines('GET / HTTP/1.1', 'Host: localhost:5001'))).toContain('Location: http://localhost:5001/');
  });

  it('has its cookies for this address', () => {
    const cookie = (domain: string) => ok(`Set-Cookie: a=b; Path=/${domain}; HttpOnly`, 'Content-Length: 0');
    for (const domain of ['; Domain=mlflow-server.local', '; domain = .MLflow-server.local', ';Domain=local']) {
      expect(told(cookie(domain))).toBe(cookie(''));
    }
    expect(told(cookie('; Domain=other.example'))).toBe(cookie('; Domain=other.example'));
    expect(told(ok('Set-Cookie: Domain=mlflow-server.local'))).toContain('Set-Cookie: Domain=mlflow-server.local');
  });

  it('allows the origin that asked', () => {
    expect(told(ok('Access-Control-Allow-Origin: http://mlflow-server.local'))).toContain(
      'Access-Control-Allow-Origin: http://127.0.0.1:5001\r\n',
    );
  });

  it('that is no HTTP, or was not asked for, passes as it is', () => {
    expect(told('SSH-2.0-OpenSSH\r\nLocation: http://mlflow-server.local/\r\n\r\n')).toContain('mlflow-server.local');
    const timeout = lines('HTTP/1.1 408 Request Timeout', 'Connection: close');
    expect(down(new SendAsStream(place), timeout)).toBe(timeout);
    expect(told('HTP')).toBe('HTP');
  });

  it('of one byte is not kept when it can’t be HTTP', () => {
    const stream = new SendAsStream(place);
    expect(down(stream, 'x')).toBe('x');
  });

  const moved = lines('HTTP/1.1 302 Found', 'Location: http://mlflow-server.local/', 'Content-Length: 0');
  const back = moved.replace('mlflow-server.local', '127.0.0.1:5001');
  it.each([
    ['HEAD', lines('HEAD / HTTP/1.1', 'Host: localhost:5001'), ok('Content-Length: 1000')],
    ['204', get(), lines('HTTP/1.1 204 No Content')],
    ['304', get(), lines('HTTP/1.1 304 Not Modified', 'Content-Length: 1000')],
    ['100 and then 200', get('Expect: 100-continue'), lines('HTTP/1.1 100 Continue') + ok('Content-Length: 1') + 'a'],
    ['103 and then 200', get(), lines('HTTP/1.1 103 Early Hints', 'Link: </a>') + ok('Content-Length: 1') + 'a'],
    [
      'chunks with extensions and trailers',
      get(),
      ok('Transfer-Encoding: chunked') + '3;a="b c"\r\n\r\n\r\r\nA\r\n0123456789\r\n000\r\nX-Sum: 1\r\n\r\n',
    ],
    ['gzip in chunks', get(), ok('Transfer-Encoding: gzip, chunked') + '1\r\na\r\n0\r\n\r\n'],
    ['lines without CR', get(), 'HTTP/1.1 200 OK\nContent-Length: 1\n\na'],
  ])('after %s the next one is read as one', (_what, asked, first) => {
    const stream = new SendAsStream(place);
    up(stream, asked + get());
    expect(down(stream, first + moved)).toBe(first + back);
    expect(stream.answer).toBeNull();
  });

  it('without a length lasts until the end', () => {
    const text = ok('Connection: close') + moved;
    expect(told(text)).toBe(text);
  });
});

describe('another protocol', () => {
  const ask = get('Connection: keep-alive, Upgrade', 'Upgrade: websocket');
  const asked = ask.replace('127.0.0.1:5001', place.host);
  const switched = lines('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket');

  it('goes on as it is, both ways, with what was said before it was agreed to', () => {
    const stream = new SendAsStream(place);
    expect(up(stream, `${ask}\x81\x03abc`)).toBe(asked);
    expect(stream.heldBytes).toBe(5);
    expect(down(stream, `${switched}\x81\x03abc${get()}`)).toBe(`${switched}\x81\x03abc${get()}`);
    expect(said(stream.released())).toBe('\x81\x03abc');
    expect(stream.released()).toEqual([]);
    expect(up(stream, get())).toBe(get());
  });

  it('that is refused leaves HTTP', () => {
    const stream = new SendAsStream(place);
    expect(up(stream, ask + get())).toBe(asked);
    down(stream, lines('HTTP/1.1 200 OK', 'Content-Length: 0'));
    expect(said(stream.released())).toBe(get().replace('127.0.0.1:5001', place.host));
    expect(stream.heldBytes).toBe(0);
  });

  it('that is refused before its body is through leaves HTTP too', () => {
    const stream = new SendAsStream(place);
    up(stream, get('Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 2') + 'a');
    down(stream, lines('HTTP/1.1 403 Forbidden', 'Content-Length: 9'));
    expect(up(stream, `b${get()}`)).toBe(`b${get().replace('127.0.0.1:5001', place.host)}`);
  });
});

describe('however the bytes are cut', () => {
  const body = '0123456789'.repeat(7);
  const requests = [
    get(),
    lines('POST /a HTTP/1.1', 'Host: localhost:5001', 'Origin: http://localhost:5001', 'Content-Length: 70') + body,
    lines('PUT /b HTTP/1.1', 'Host: [::1]:5001', 'Transfer-Encoding: chunked') + `46;x\r\n${body}\r\n0\r\nA: b\r\n\r\n`,
    lines('HEAD /c HTTP/1.1', 'Host: 127.0.0.1:5001'),
  ];
  const answers = [
    lines('HTTP/1.1 100 Continue') +
      lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') +
      `46\r\n${body}\r\n0\r\n\r\n`,
    lines('HTTP/1.1 302 Found', 'Location: http://mlflow-server.local/a', 'Content-Length: 70') + body,
    lines('HTTP/1.1 204 No Content', 'Set-Cookie: a=b; Domain=mlflow-server.local'),
    lines('HTTP/1.1 200 OK', 'Content-Length: 70'),
  ];
  const all = { asked: requests.join(''), told: answers.join('') };
  const pieces = (text: string, cuts: readonly number[]): readonly string[] => {
    const at = [0, ...cuts.map((each) => each % text.length).sort((a, b) => a - b), text.length];
    return at.slice(1).map((end, index) => text.slice(at[index], end));
  };
  const whole = new SendAsStream(place);
  const asked = up(whole, all.asked);
  const answered = down(whole, all.told);

  it('the same comes out', () => {
    expect(asked.match(/^host: .*/gim)).toEqual(Array<string>(4).fill(`Host: ${place.host}`));
    expect(answered).toContain('Location: http://localhost:5001/a');
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 60 }), fc.array(fc.nat(), { maxLength: 60 }), (first, second) => {
        const stream = new SendAsStream(place);
        expect(
          pieces(all.asked, first)
            .map((each) => up(stream, each))
            .join(''),
        ).toBe(asked);
        expect(
          pieces(all.told, second)
            .map((each) => down(stream, each))
            .join(''),
        ).toBe(answered);
        expect(stream.answer).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('the same comes out byte by byte', () => {
    const stream = new SendAsStream(place);
    expect([...all.asked].map((each) => up(stream, each)).join('')).toBe(asked);
    expect([...all.told].map((each) => down(stream, each)).join('')).toBe(answered);
  });

  it('nothing that is sent makes it throw, nor reach the server under a name of others', () => {
    const words = fc.constantFrom(
      ...requests,
      'GET ',
      'Host: evil:5001\r\n',
      '\r\n',
      '\n',
      ' HTTP/1.1\r\n',
      '\0',
      'Host',
      ':',
    );
    const text = fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (asks, tells) => {
        const stream = new SendAsStream(place);
        const out = up(stream, asks.join(''));
        down(stream, tells.join(''));
        stream.released();
        const heads = out.split(/(?<=\r\n\r\n)/).filter((each) => / HTTP\/1\.[01]\r\n/.test(each));
        for (const head of heads) expect(head).toMatch(/^Host: mlflow-server\.local\r$/im);
      }),
      { numRuns: 700 },
    );
  });
});
