/**
 * One direction of an HTTP/1.1 connection (RFC 9112), cut into messages as it flows: heads are handed out whole and may be
 * replaced, all else passes byte for byte and is not kept. Node’s own parser would take the messages apart and put
 * others together: this leaves alone what is not asked for.
 */

/** Where a message ends. `rest`: nowhere, all that follows is its own. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'rest' };

export interface MessageRules {
  /** The first bytes of a message fit this, however few there are yet. */
  readonly start: RegExp;
  /**
   * What is no message, or not one for certain, ends the stream: nothing more comes out of it. Else it passes as it is
   * from there on. Only lines that end with CR and LF are taken for certain.
   */
  readonly strict: boolean;
  /** A head, with the empty line at its end, one character for each byte. Null: it is none. */
  head(text: string): { readonly text: string; readonly body: Body } | null;
  /** A message is through. `hold`: what follows is kept until `goOn`. */
  end(): 'next' | 'hold';
  /** Called once: the stream has ended, or passes as it is. */
  broken(): void;
}

/** As much as servers take. */
const maxHeadBytes = 64 * 1024;
/** Enough to tell what it is. */
const startBytes = 24;
const maxSizeLineBytes = 4_096;
const cr = 13;
const lf = 10;

type State = 'head' | 'length' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'rest' | 'held' | 'stopped';

export class MessageStream {
  readonly #rules: MessageRules;
  #state: State = 'head';
  /** Of a head that is not whole yet. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Of the body, or of the chunk. */
  #leftBytes = 0;
  /** Of the line: a head’s, a chunk’s size, a trailer’s. */
  #lineBytes = 0;
  #lineHasCr = false;
  /** Of the chunk’s size, in hex. */
  #digits = '';
  /** Behind the digits, in an extension. */
  #isPastDigits = false;
  #trailerBytes = 0;

  constructor(rules: MessageRules) {
    this.#rules = rules;
  }

  /** What waits for `goOn`. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** What may go on of it, in pieces: parts of `data`, and heads. */
  feed(data: Buffer): readonly Buffer[] {
    const out: Buffer[] = [];
    let from = 0;
    let at = 0;
    const pass = (): void => {
      if (at > from) out.push(data.subarray(from, at));
      from = at;
    };
    while (at < data.length) {
      const state = this.#state;
      if (state === 'head') {
        pass();
        at = this.#head(data, at, out);
        from = at;
      } else if (state === 'held') {
        pass();
        this.#held.push(data.subarray(at));
        this.#heldBytes += data.length - at;
        return out;
      } else if (state === 'stopped') {
        pass();
        return out;
      } else at = this.#body(data, at);
    }
    pass();
    return out;
  }

  /** What was held goes on, as messages or as it is. Also before anything is held. */
  goOn(how: 'next' | 'rest'): readonly Buffer[] {
    if (this.#state === 'stopped' || (how === 'next' && this.#state !== 'held')) return [];
    const held = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#state = how === 'rest' ? 'rest' : 'head';
    return this.feed(held);
  }

  /** Nothing more comes out. */
  stop(): void {
    this.#state = 'stopped';
    this.#held = [];
    this.#heldBytes = 0;
    this.#kept = [];
  }

  /** Returns how far it came. */
  #head(data: Buffer, from: number, out: Buffer[]): number {
    let begin = from;
    // Some clients send an empty line after a message (RFC 9112, 2.2): it is left out.
    while (this.#keptBytes === 0 && (data[begin] === cr || data[begin] === lf)) begin += 1;
    let at = begin;
    let ended = false;
    let sound = true;
    while (at < data.length && !ended && sound) {
      const byte = data[at] ?? 0;
      at += 1;
      if (byte !== lf) {
        this.#lineBytes += 1;
        this.#lineHasCr = byte === cr;
        continue;
      }
      sound = this.#lineHasCr || !this.#rules.strict;
      ended = this.#lineBytes === (this.#lineHasCr ? 1 : 0);
      this.#lineBytes = 0;
      this.#lineHasCr = false;
    }
    this.#keep(data.subarray(begin, at));
    if (!sound || !this.#isStart() || this.#keptBytes > maxHeadBytes) this.#break(out);
    else if (ended) this.#finishHead(out);
    return at;
  }

  /** Copied: it may be a small part of something large. */
  #keep(data: Buffer): void {
    if (data.length === 0) return;
    this.#kept.push(Buffer.from(data));
    this.#keptBytes += data.length;
    if (this.#kept.length > 1 && this.#keptBytes <= startBytes) this.#kept = [Buffer.concat(this.#kept)];
  }

  #isStart(): boolean {
    const start = (this.#kept[0] ?? Buffer.alloc(0)).subarray(0, startBytes).toString('latin1');
    return start === '' || this.#rules.start.test(start);
  }

  #takeKept(): Buffer {
    const kept = Buffer.concat(this.#kept);
    this.#kept = [];
    this.#keptBytes = 0;
    return kept;
  }

  #finishHead(out: Buffer[]): void {
    const kept = this.#takeKept();
    const read = this.#rules.head(kept.toString('latin1'));
    if (read === null) {
      this.#kept = [kept];
      this.#break(out);
      return;
    }
    out.push(Buffer.from(read.text, 'latin1'));
    // Reading it may have ended the stream, or led to what is no HTTP any more.
    if (this.#state !== 'head') return;
    const { body } = read;
    if (body.kind === 'chunked') this.#beginSize();
    else if (body.kind === 'rest') this.#state = 'rest';
    else if (body.kind === 'length' && body.bytes > 0) {
      this.#state = 'length';
      this.#leftBytes = body.bytes;
    } else this.#end();
  }

  #end(): void {
    this.#lineBytes = 0;
    this.#lineHasCr = false;
    this.#state = this.#rules.end() === 'hold' ? 'held' : 'head';
  }

  #break(out: Buffer[]): void {
    const kept = this.#takeKept();
    if (this.#rules.strict) this.stop();
    else {
      this.#state = 'rest';
      if (kept.length > 0) out.push(kept);
    }
    this.#rules.broken();
  }

  #beginSize(): void {
    this.#state = 'size';
    this.#digits = '';
    this.#isPastDigits = false;
    this.#lineBytes = 0;
    this.#lineHasCr = false;
  }

  /** Returns how far it came; at least one byte. */
  #body(data: Buffer, at: number): number {
    switch (this.#state) {
      case 'length':
      case 'chunk': {
        const bytes = Math.min(this.#leftBytes, data.length - at);
        this.#leftBytes -= bytes;
        if (this.#leftBytes === 0) {
          if (this.#state === 'length') this.#end();
          else this.#state = 'chunk-end';
        }
        return at + bytes;
      }
      case 'size':
        this.#size(data[at] ?? 0);
        return at + 1;
      case 'chunk-end': {
        const byte = data[at] ?? 0;
        if (byte === lf && (this.#lineHasCr || !this.#rules.strict)) this.#beginSize();
        else if (byte === cr && !this.#lineHasCr) this.#lineHasCr = true;
        else this.#break([]);
        return at + 1;
      }
      case 'trailer':
        this.#trailer(data[at] ?? 0);
        return at + 1;
      default:
        return data.length;
    }
  }

  #size(byte: number): void {
    this.#lineBytes += 1;
    if (byte === lf) {
      const size = this.#digits;
      const isSound = this.#lineHasCr || !this.#rules.strict;
      this.#lineHasCr = false;
      this.#lineBytes = 0;
      if (size === '' || !isSound) this.#break([]);
      else if (/^0+$/.test(size)) {
        this.#state = 'trailer';
        this.#trailerBytes = 0;
      } else {
        this.#leftBytes = Number.parseInt(size, 16);
        this.#state = 'chunk';
      }
      return;
    }
    const char = String.fromCharCode(byte);
    // A CR is the last of its line.
    if (this.#lineHasCr || this.#lineBytes > maxSizeLineBytes) this.#break([]);
    else if (byte === cr) this.#lineHasCr = true;
    else if (this.#isPastDigits) return;
    else if (/[\da-f]/i.test(char) && this.#digits.length < 12) this.#digits += char;
    else if (/[; \t]/.test(char) && this.#digits !== '') this.#isPastDigits = true;
    else this.#break([]);
  }

  #trailer(byte: number): void {
    this.#trailerBytes += 1;
    if (byte !== lf) {
      this.#lineBytes += 1;
      this.#lineHasCr = byte === cr;
      if (this.#trailerBytes > maxHeadBytes) this.#break([]);
      return;
    }
    const isEmpty = this.#lineBytes === (this.#lineHasCr ? 1 : 0);
    if (this.#rules.strict && !this.#lineHasCr) this.#break([]);
    else if (isEmpty) this.#end();
    this.#lineBytes = 0;
    this.#lineHasCr = false;
  }
}
