/** Reads one line from a terminal in raw mode, so that a secret never shows and Ctrl-C cancels the question alone. */
import { StringDecoder } from 'node:string_decoder';
import type { Readable, Writable } from 'node:stream';

export type LineInput = Readable & { setRawMode?: (on: boolean) => unknown };

/** Null: Ctrl-C, Ctrl-D on an empty line, end of input, or `signal`. */
export function readLine(
  input: LineInput,
  output: Writable,
  question: string,
  options: { readonly echo: boolean; readonly signal?: AbortSignal },
): Promise<string | null> {
  if (options.signal?.aborted) return Promise.resolve(null);
  return new Promise((resolve) => {
    let typed: string[] = [];
    const decoder = new StringDecoder('utf8');

    const finish = (line: string | null, rest = '') => {
      input.off('data', onData);
      input.off('end', onEnd);
      options.signal?.removeEventListener('abort', onEnd);
      input.setRawMode?.(false);
      input.pause();
      // What was typed or pasted ahead belongs to the next question.
      if (rest !== '') input.unshift(Buffer.from(rest));
      output.write('\n');
      resolve(line);
    };
    const onEnd = () => {
      finish(null);
    };
    const onData = (chunk: Buffer | string) => {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
      // Arrow keys and the like come as one chunk that starts with Escape.
      if (text.startsWith('\u001b')) return;
      let read = 0;
      for (const key of text) {
        read += key.length;
        if (key === '\r' || key === '\n') {
          // Both together are one end of line.
          if (key === '\r' && text[read] === '\n') read += 1;
          finish(typed.join(''), text.slice(read));
          return;
        }
        if (key === '\u0003' || (key === '\u0004' && typed.length === 0)) {
          finish(null);
          return;
        }
        if (key === '\u007f' || key === '\b') {
          if (typed.pop() !== undefined && options.echo) output.write('\b \b');
        } else if (key === '\u0015') {
          if (options.echo) output.write('\b \b'.repeat(typed.length));
          typed = [];
        } else if (key >= ' ') {
          typed.push(key);
          if (options.echo) output.write(key);
        }
      }
    };

    // Before the question: the terminal itself would show what is typed at once.
    input.setRawMode?.(true);
    output.write(question);
    input.on('data', onData);
    input.once('end', onEnd);
    options.signal?.addEventListener('abort', onEnd, { once: true });
    input.resume();
  });
}
