/**
 * Reads what a server says before the SSH protocol proper: any number of lines, then `SSH-2.0-software comments`
 * (RFC 4253, 4.2). Done here because ssh2 1.17 loses bytes when the greeting comes in three or more pieces, and puts no
 * limit on what it keeps while it waits.
 */

/** A server that has not greeted within this many bytes is no SSH server. */
const maxGreetingBytes = 64 * 1024;

const maxLineBytes = 8 * 1024;
const lineFeed = 10;

export type Greeting =
  | { readonly kind: 'more' }
  /** `rest` begins with the identification line. */
  | { readonly kind: 'greeted'; readonly software: string; readonly rest: Buffer }
  | { readonly kind: 'old-ssh'; readonly line: string }
  | { readonly kind: 'not-ssh'; readonly seen: Buffer };

export class GreetingReader {
  #seen: Buffer = Buffer.alloc(0);
  /** Where the line that is not complete yet begins. */
  #lineStart = 0;

  get seen(): Buffer {
    return this.#seen;
  }

  forget(): void {
    this.#seen = Buffer.alloc(0);
  }

  read(chunk: Buffer): Greeting {
    this.#seen = Buffer.concat([this.#seen, chunk]);
    for (;;) {
      const lineEnd = this.#seen.indexOf(lineFeed, this.#lineStart);
      const line = this.#seen.subarray(this.#lineStart, lineEnd < 0 ? undefined : lineEnd);
      if (line.length > maxLineBytes || this.#lineStart > maxGreetingBytes) return this.#notSsh();
      const text = line.toString('latin1');
      if (this.#lineStart === 0 && text.startsWith('HTTP/')) return this.#notSsh();
      if (lineEnd < 0) return { kind: 'more' };
      if (text.startsWith('SSH-')) return this.#identified(text.trimEnd());
      this.#lineStart = lineEnd + 1;
    }
  }

  #identified(line: string): Greeting {
    const software = /^SSH-(?:2\.0|1\.99)-(\S.*)$/.exec(line)?.[1];
    if (software === undefined) return { kind: 'old-ssh', line };
    return { kind: 'greeted', software, rest: this.#seen.subarray(this.#lineStart) };
  }

  #notSsh(): Greeting {
    return { kind: 'not-ssh', seen: this.#seen };
  }
}
