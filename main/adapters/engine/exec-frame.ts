/**
 * How a script gets to the server and its output back. The one place where a remote command is built.
 *
 * The server is only ever asked to run {@link remoteCommand}: three plain words, which mean the same to sh, bash, zsh,
 * fish and tcsh as login shells. All else goes by stdin, as one compound command for that `sh`:
 * - Nothing runs until its closing brace was read. A connection that is cut on the way runs nothing, never half a script.
 * - The script is one quoted word, so that neither a syntax error nor an open quote in it can break the frame. It runs in
 *   a subshell: `exit` and `exec` in it end the script, not the frame.
 * - A random marker is printed before and after it, on stdout and on stderr. What comes before the first is noise of login
 *   shells and rc files; what comes after the last is of no interest. The marker is written in two halves: no trace of a
 *   shell (`xtrace`, `verbose`) shows it whole, and no variable of the script holds it.
 *
 * The script's input follows on the same stdin, but is sent only once the first marker was seen. Shells such as dash read
 * ahead by blocks (so do the `head` of busybox and others), and would swallow what the script is to read; what was not
 * sent yet can't be swallowed. A secret in it thereby goes to no one but the shell that answered: it is in no argument,
 * no environment, no variable, no file and no here-document. Builtins alone are used, so that PATH does not matter.
 *
 * 1 MB of script takes bash 0.4 s to read (a byte at a time, as POSIX wants), dash and busybox 0.02 s (measured).
 */
import { quoted } from '../../shared/shell-words.ts';
import { plainText } from './failures.ts';

/** The only command that is ever in an exec request. */
export const remoteCommand = 'exec /bin/sh -s';

const noiseKeptBytes = 1_024;
/** What may stand between a marker and its line end: a process id or an exit status. */
const maxWordBytes = 16;
const lineEnd = 10;

export interface Marker {
  readonly head: string;
  readonly tail: string;
}

/** `random`: at least 16 letters and digits, unguessable. */
export function newMarker(random: string): Marker {
  const half = Math.floor(random.length / 2);
  return { head: `mooring-${random.slice(0, half)}`, tail: random.slice(half) };
}

/** What to send to {@link remoteCommand} for a script, before its input. */
export function frameScript(script: string, { head, tail }: Marker): Buffer {
  const say = (word: string): string => `printf '%s%s:%s\\n' ${head} ${tail} "${word}"`;
  const lines = [
    '{',
    `${say('$$')} >&2 && ${say('$$')} || exit 1`,
    `( eval ${quoted(script)} )`,
    'set -- "$?"',
    `${say('$1')} >&2`,
    say('$1'),
    'exit "$1"',
    '}',
    '',
  ];
  return Buffer.from(lines.join('\n'));
}

/**
 * Ends the process group that a framed shell (`pid`, as it said of itself) leads: sshd starts every command in a session
 * of its own. It may have ended meanwhile and its number be another's, so it must still look like our shell.
 */
export function killScript(pid: number): string {
  const id = String(pid);
  return [
    `if [ -r /proc/${id}/cmdline ]; then c=$(tr '\\000' ' ' </proc/${id}/cmdline); else c=$(ps -o args= -p ${id}); fi`,
    `case $c in *sh\\ -s*) ;; *) exit ;; esac`,
    `kill -TERM -${id} && sleep 2 && kill -KILL -${id}`,
  ].join('\n');
}

/** Finds the script's own bytes in a stream. */
export class FrameReader {
  readonly #marker: Buffer;
  #state: 'noise' | 'script' | 'done' = 'noise';
  /** The beginning of what may be a marker. */
  #held: Buffer = Buffer.alloc(0);
  #noise: Buffer = Buffer.alloc(0);
  #begun: string | null = null;
  #ended: string | null = null;

  constructor({ head, tail }: Marker) {
    this.#marker = Buffer.from(`${head}${tail}:`);
  }

  /** What the first marker says: the shell's process id. */
  get begun(): string | null {
    return this.#begun;
  }

  /** What the last marker says: the exit status. */
  get ended(): string | null {
    return this.#ended;
  }

  /** The last of what came before the first marker, made harmless. */
  get noise(): string {
    return plainText(this.#noise.toString(), noiseKeptBytes);
  }

  /** The script's bytes in the next chunk; they may lie inside it. */
  push(chunk: Buffer): Buffer {
    if (this.#state === 'done') return Buffer.alloc(0);
    const data = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    const found = this.#find(data);
    if (this.#state === 'script') {
      this.#ended = found.word;
      if (found.word !== null) this.#state = 'done';
      return found.before;
    }
    this.#noise = Buffer.from(Buffer.concat([this.#noise, found.before]).subarray(-noiseKeptBytes));
    if (found.word === null) return Buffer.alloc(0);
    this.#begun = found.word;
    this.#state = 'script';
    return this.push(found.after);
  }

  /** The stream has ended: what was held back was no marker. */
  rest(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    if (this.#state === 'script') return held;
    if (this.#state === 'noise') this.#noise = Buffer.concat([this.#noise, held]);
    return Buffer.alloc(0);
  }

  /** Looks for a whole marker line; what may be the beginning of one is held back. */
  #find(data: Buffer): { readonly before: Buffer; readonly word: string | null; readonly after: Buffer } {
    const nothing = Buffer.alloc(0);
    const at = data.indexOf(this.#marker);
    if (at >= 0) {
      const wordAt = at + this.#marker.length;
      const end = data.indexOf(lineEnd, wordAt);
      if (end >= 0)
        return {
          before: data.subarray(0, at),
          word: data.toString('latin1', wordAt, end),
          after: data.subarray(end + 1),
        };
      if (data.length - wordAt <= maxWordBytes) return this.#hold(data, at);
    }
    const longest = Math.min(this.#marker.length - 1, data.length);
    for (let length = longest; length > 0; length -= 1) {
      const from = data.length - length;
      if (data.subarray(from).equals(this.#marker.subarray(0, length))) return this.#hold(data, from);
    }
    return { before: data, word: null, after: nothing };
  }

  #hold(data: Buffer, from: number): { readonly before: Buffer; readonly word: null; readonly after: Buffer } {
    // A copy: the chunk may be overwritten or large.
    this.#held = Buffer.from(data.subarray(from));
    return { before: data.subarray(0, from), word: null, after: Buffer.alloc(0) };
  }
}
