import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Prompt } from '../../main/shared/prompt.ts';
import { PromptFoot } from './PromptFoot.tsx';
import { useAnswer } from './use-answer.ts';

/** The server's own questions in its own words, such as a one-time code. */
export function CodesPrompt({ prompt }: { prompt: Extract<Prompt, { kind: 'codes' }> }) {
  const answering = useAnswer(prompt.id);
  const [answers, setAnswers] = useState<readonly string[]>(() => prompt.questions.map(() => ''));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!answering.busy) void answering.answer({ kind: 'codes', answers });
  };
  return (
    <form className="form" onSubmit={submit}>
      {(prompt.title !== '' || prompt.instructions !== '') && (
        <div className="server-words">
          {prompt.title !== '' && <strong>{prompt.title}</strong>}
          {prompt.instructions !== '' && <p>{prompt.instructions}</p>}
        </div>
      )}
      {prompt.questions.map((question, index) => {
        const Field = question.echo ? TextInput : PasswordInput;
        return (
          <Field
            // Questions have no identity but their place.
            key={index}
            label={question.text.trim().replace(/:$/, '')}
            autoComplete="off"
            spellCheck={false}
            {...(index === 0 ? { 'data-autofocus': true } : {})}
            value={answers[index] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setAnswers((before) => before.map((each, at) => (at === index ? value : each)));
            }}
          />
        );
      })}
      <PromptFoot promptId={prompt.id} answering={answering}>
        <Button type="submit" loading={answering.busy}>
          Answer
        </Button>
      </PromptFoot>
    </form>
  );
}
