/** A question at the terminal: what counts as an answer. */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askPrompt } from '../../../main/headless/terminal/ask-prompt.ts';
import { createTerminal } from '../../../main/headless/terminal/terminal.ts';
import type { Prompt } from '../../../main/shared/prompt.ts';

const prompt: Prompt = {
  id: 'p',
  serverId: null,
  createdMs: 0,
  kind: 'host-key-unknown',
  host: 'lab',
  presented: { keyType: 'ssh-ed25519', fingerprint: 'SHA256:x' },
};

async function answered(...typed: readonly string[]) {
  const terminal = createTerminal(
    { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
    {},
  );
  const asked: string[] = [];
  const answers = [...typed];
  const ask = (question: string) => {
    asked.push(question);
    return Promise.resolve(answers.shift() ?? null);
  };
  const keychain = { kind: 'available' } as never;
  return { asked, answer: await askPrompt({ ...terminal, say: () => undefined, ask }, prompt, { keychain }) };
}

describe('a host key that nobody knows', () => {
  it('is trusted after a whole yes, and y is told not to count', async () => {
    const { asked, answer } = await answered('y', ' YES ');
    expect(asked).toEqual(['Trust it? Type yes or no: ', 'Trust it? Type yes in full, or no: ']);
    expect(answer).toEqual({ kind: 'accept-host-key', fingerprint: 'SHA256:x', alsoKnownHosts: false });
  });

  it.each(['no', 'n'])('is not trusted after %s', async (typed) => {
    expect(await answered(typed)).toEqual({ asked: ['Trust it? Type yes or no: '], answer: null });
  });
});
