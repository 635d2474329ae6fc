/**
 * HTTP to a server that answers to one name only: requests get that name in place of the local address, answers that name
 * it get the local address. One connection of a program is one channel, as for any forward, and nothing but these names
 * changes. Only requests to this machine’s own names are taken: a page of the web whose name was made to lead here (DNS
 * rebinding) would otherwise read what that check is there to guard.
 */
import type { EngineSendAs } from '../../core/engine.ts';
import { formatEndpoint, isOwnHost } from '../../shared/forward.ts';
import { MessageStream, type Body } from './http-messages.ts';

export interface SendAsPlace extends EngineSendAs {
  readonly bind: { readonly address: string; readonly port: number };
  readonly targetPort: number;
}

/** A request that has been passed on and is not answered to its end. */
interface Pending {
  readonly method: string;
  /** How its client names this place. */
  readonly local: string;
  /** It asks for another protocol, and the server has not said yet. */
  upgrade: boolean;
}

interface Header {
  readonly line: string;
  readonly name: string;
  readonly value: string;
}

const token = "[!#$%&'*+.^_`|~\\w-]+";
const requestLine = new RegExp(`^(${token}) (\\S+) HTTP/1\\.([01])$`);
const headerLine = new RegExp(`^(${token}):([^\\r\\n\\0]*)$`);

export class SendAsStream {
  readonly #place: SendAsPlace;
  readonly #up: MessageStream;
  readonly #down: MessageStream;
  #pending: Pending[] = [];
  /** The answer in hand is one before the answer (1xx). */
  #isInterim = false;
  #released: readonly Buffer[] = [];
  #refusal: Buffer | null = null;

  constructor(place: SendAsPlace) {
    this.#place = place;
    this.#up = new MessageStream({
      start: new RegExp(`^${token}(?: |$)`),
      strict: true,
      head: (text) => this.#request(text),
      end: () => (this.#pending.at(-1)?.upgrade ? 'hold' : 'next'),
      broken: () => {
        this.#refusal ??= refusal(400, notHttp);
      },
    });
    this.#down = new MessageStream({
      start: /^H(?:T(?:T(?:P(?:\/.*)?)?)?)?$/s,
      strict: false,
      head: (text) => this.#response(text),
      end: () => {
        if (!this.#isInterim) this.#pending.shift();
        return 'next';
      },
      broken: () => undefined,
    });
  }

  /** Of the program, kept until the server has said whether it goes over to another protocol. */
  get heldBytes(): number {
    return this.#up.heldBytes;
  }

  /** What we say in the server’s place before we end, once all that was asked before is answered; null: nothing, yet. */
  get answer(): Buffer | null {
    return this.#pending.length === 0 ? this.#refusal : null;
  }

  /** From the program; gives what goes to the server. */
  up(data: Buffer): readonly Buffer[] {
    return this.#up.feed(data);
  }

  /** From the server; gives what goes to the program. */
  down(data: Buffer): readonly Buffer[] {
    return this.#down.feed(data);
  }

  /** What goes to the server after what it said. */
  released(): readonly Buffer[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  #request(text: string): { text: string; body: Body } | null {
    const [first = '', ...rest] = text.slice(0, -4).split('\r\n');
    const [, method = '', target = '', minor = ''] = requestLine.exec(first) ?? [];
    const headers = rest.map((line) => headerOf(line));
    if (method === '' || !headers.every((each) => each !== null)) return null;
    if (method === 'CONNECT') return this.#refuse(400, 'This port leads to one service and is no proxy.');
    const hosts = valuesOf(headers, 'host');
    const body = requestBody(headers, minor);
    if (hosts.length > 1 || (hosts.length === 0 && minor === '1') || body === null) return null;
    const [, authority, path = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
    if (authority === undefined && !/^(?:\/|\*$)/.test(target)) return null;
    const named = [...hosts, ...(authority === undefined ? [] : [authority])];
    if (!named.every((each) => this.#isLocal(each)) || /^https:/i.test(target)) {
      return this.#refuse(421, notOurName(this.#local), method);
    }
    const { host } = this.#place;
    const local = hosts[0] ?? this.#local;
    const upgrades = valuesOf(headers, 'upgrade').join(',').toLowerCase();
    // Of HTTP/2 nothing could be rewritten: it is not offered on.
    const isH2 = /\bh2c\b/.test(upgrades);
    const options = valuesOf(headers, 'connection').join(',').toLowerCase();
    this.#pending.push({ method, local, upgrade: upgrades !== '' && !isH2 && /\bupgrade\b/.test(options) });
    const kept = headers.filter(({ name }) => !(isH2 && /^(?:upgrade|http2-settings)$/i.test(name)));
    const lines = kept.map(({ line, name, value }) => {
      const sent = this.#sent(name, value);
      return sent === value ? line : `${name}: ${sent}`;
    });
    const asked = authority === undefined ? first : `${method} http://${host}${path} HTTP/1.${minor}`;
    const added = hosts.length === 0 ? [`Host: ${host}`] : [];
    return { text: `${[asked, ...added, ...lines].join('\r\n')}\r\n\r\n`, body };
  }

  #refuse(status: 400 | 421, words: string, method = ''): null {
    this.#refusal = refusal(status, words, method);
    return null;
  }

  #sent(name: string, value: string): string {
    const { host, origin, bind } = this.#place;
    switch (name.toLowerCase()) {
      case 'host':
        return host;
      case 'origin': {
        const [, authority] = /^http:\/\/([^/?#]*)$/i.exec(value) ?? [];
        if (authority === undefined || !this.#isLocal(authority)) return value;
        return `http://${origin === 'host' ? host : `localhost:${String(bind.port)}`}`;
      }
      case 'referer': {
        const [, authority, path = ''] = /^http:\/\/([^/?#]*)(.*)$/i.exec(value) ?? [];
        return authority === undefined || !this.#isLocal(authority) ? value : `http://${host}${path}`;
      }
      default:
        return value;
    }
  }

  #response(text: string): { text: string; body: Body } | null {
    const [pending] = this.#pending;
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?=[ \r\n])/.exec(text)?.[1] ?? 0);
    // What nobody asked for, as servers say when nothing came for too long, is the last that they say.
    if (!pending || status < 100) return null;
    this.#isInterim = status < 200 && status !== 101;
    if (this.#isInterim) return { text, body: { kind: 'none' } };
    if (pending.upgrade || status === 101) this.#released = this.#up.goOn(status === 101 ? 'rest' : 'next');
    pending.upgrade = false;
    const headers = text.split(/\r?\n/).flatMap((line) => headerOf(line) ?? []);
    const body = status === 101 ? ({ kind: 'rest' } as const) : responseBody(headers, status, pending.method);
    return { text: this.#turnedBack(text, pending.local), body };
  }

  #turnedBack(text: string, local: string): string {
    return text.replace(/^([\w-]+):[ \t]*([^\r\n]*)/gm, (line, name: string, value: string) => {
      const told = this.#told(name.toLowerCase(), value, local);
      return told === value ? line : `${name}: ${told}`;
    });
  }

  #told(name: string, value: string, local: string): string {
    switch (name) {
      case 'location':
      case 'content-location': {
        const [, scheme = '', authority, path = ''] = /^(http:)?\/\/([^/?#]*)(.*)$/i.exec(value) ?? [];
        return authority !== undefined && this.#isGiven(authority) ? `${scheme}//${local}${path}` : value;
      }
      case 'access-control-allow-origin': {
        const [, authority] = /^http:\/\/([^/?#]*)$/i.exec(value) ?? [];
        return authority !== undefined && this.#isGiven(authority) ? `http://${local}` : value;
      }
      case 'set-cookie':
        return value
          .split(';')
          .filter((part, index) => index === 0 || !this.#isGivenDomain(part))
          .join(';');
      default:
        return value;
    }
  }

  /** Whether the server means itself: under the name it is given, and the port of that or its own. */
  #isGiven(authority: string): boolean {
    const given = readAuthority(this.#place.host);
    const named = readAuthority(authority);
    return named?.name === given?.name && [given?.port, this.#place.targetPort].includes(named?.port);
  }

  /** Such a cookie would be dropped here; without a domain it is for the local address alone. */
  #isGivenDomain(part: string): boolean {
    const [, domain] = /^[ \t]*domain[ \t]*=[ \t]*\.?([^ \t]*)[ \t]*$/i.exec(part) ?? [];
    const name = readAuthority(this.#place.host)?.name ?? '';
    return domain !== undefined && (name === domain.toLowerCase() || name.endsWith(`.${domain.toLowerCase()}`));
  }

  get #local(): string {
    return formatEndpoint(this.#place.bind.address, this.#place.bind.port);
  }

  /** Names that no page of the web can have, with the very port that was connected to. */
  #isLocal(authority: string): boolean {
    const { bind, host, aliases } = this.#place;
    const named = readAuthority(authority);
    if (named?.port !== bind.port) return false;
    const { name } = named;
    if (isOwnHost(name) || name.endsWith('.localhost')) return true;
    return aliases.includes(name) || name === readAuthority(host)?.name;
  }
}

/** Null: it is none of which it is certain how far it goes. */
function requestBody(headers: readonly Header[], minor: string): Body | null {
  const codings = valuesOf(headers, 'transfer-encoding');
  const lengths = valuesOf(headers, 'content-length');
  if (codings.length > 0) {
    const isSure = lengths.length === 0 && minor === '1' && isChunked(codings);
    return isSure ? { kind: 'chunked' } : null;
  }
  const [length] = lengths;
  if (length === undefined) return { kind: 'none' };
  return lengths.length === 1 && isLength(length) ? { kind: 'length', bytes: Number(length) } : null;
}

/** RFC 9112, 6.3. */
function responseBody(headers: readonly Header[], status: number, method: string): Body {
  if (method === 'HEAD' || status === 204 || status === 304) return { kind: 'none' };
  const codings = valuesOf(headers, 'transfer-encoding');
  if (codings.length > 0) return isChunked(codings) ? { kind: 'chunked' } : { kind: 'rest' };
  const [length, ...more] = valuesOf(headers, 'content-length');
  const isSure = length !== undefined && isLength(length) && more.every((each) => each === length);
  return isSure ? { kind: 'length', bytes: Number(length) } : { kind: 'rest' };
}

const isLength = (text: string): boolean => /^\d{1,15}$/.test(text);
const isChunked = (codings: readonly string[]): boolean =>
  /^(?:[^,]*,)*[ \t]*chunked$/i.test(codings.join(',')) && codings.join(',').match(/chunked/gi)?.length === 1;

function headerOf(line: string): Header | null {
  const [, name, value = ''] = headerLine.exec(line) ?? [];
  return name === undefined ? null : { line, name, value: withoutSpaces(value) };
}

/** Around it. A regular expression would take its time with thousands of them. */
function withoutSpaces(text: string): string {
  const isSpace = (at: number): boolean => text[at] === ' ' || text[at] === '\t';
  let begin = 0;
  let end = text.length;
  while (begin < end && isSpace(begin)) begin += 1;
  while (end > begin && isSpace(end - 1)) end -= 1;
  return text.slice(begin, end);
}

const valuesOf = (headers: readonly Header[], name: string): readonly string[] =>
  headers.filter((each) => each.name.toLowerCase() === name).map(({ value }) => value);

/** `name:port`, in lower case, without brackets; port 80 where none is named. */
function readAuthority(text: string): { readonly name: string; readonly port: number } | null {
  const [, bracketed, plain = '', port = '80'] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const name = (bracketed ?? plain).toLowerCase().replace(/\.$/, '');
  return name === '' ? null : { name, port: Number(port) };
}

const notHttp =
  'This port speaks HTTP/1.1, since its tunnel sends requests under another name, and this was something else. Take the name off the tunnel to have bytes passed as they are.';
const notOurName = (local: string): string =>
  `This port answers to http://${local}/ and http://localhost:PORT/ alone, not to the name in this request: so that no page of the web can reach the service behind it through your browser.`.replace(
    'PORT',
    /\d+$/.exec(local)?.[0] ?? '',
  );

const reasons = { 400: 'Bad Request', 421: 'Misdirected Request' } as const;

function refusal(status: 400 | 421, words: string, method = ''): Buffer {
  const body = Buffer.from(`Mooring: ${words}\n`);
  const head = [
    `HTTP/1.1 ${String(status)} ${reasons[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${String(body.length)}`,
    'Connection: close',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), method === 'HEAD' ? Buffer.alloc(0) : body]);
}
