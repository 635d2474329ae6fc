import { Button, Loader, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { Failure } from '../../main/shared/failure.ts';
import { client } from '../api/client.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { CopyText } from '../shell/CopyText.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { useClipboard } from '../shell/use-clipboard.ts';

type Made =
  | { readonly kind: 'making' }
  | { readonly kind: 'ready'; readonly text: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

export function ReportDialog({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<Made>({ kind: 'making' });
  const [tries, setTries] = useState(1);
  useEffect(() => {
    let open = true;
    void client.call('report.make', {}).then((reply) => {
      if (!open) return;
      setMade(reply.ok ? { kind: 'ready', text: reply.value.text } : { kind: 'failed', failure: reply.error });
    });
    return () => {
      open = false;
    };
  }, [tries]);
  return (
    <AppDialog
      onClose={onClose}
      size={860}
      title="Report a problem"
      classNames={{ content: made.kind === 'failed' ? '' : 'report-dialog', body: 'report' }}
    >
      <p>
        This tells how Mooring is and what it did last, with names, addresses and secrets replaced. Nothing is sent by
        itself: read it, add what happened, and send it where you ask for help.
      </p>
      {made.kind === 'making' && (
        <div className="report-making" role="status">
          <Loader size="sm" /> Making the report …
        </div>
      )}
      {made.kind === 'failed' && (
        <ReportTrouble trouble={made.failure}>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setMade({ kind: 'making' });
              setTries(tries + 1);
            }}
          >
            Try again
          </Button>
        </ReportTrouble>
      )}
      {made.kind === 'ready' && <ReportText text={made.text} />}
    </AppDialog>
  );
}

type Saved = { readonly kind: 'saved'; readonly path: string } | { readonly kind: 'failed'; readonly failure: Failure };

/** The text is the reader's from here on: what is copied and saved is what stands there. */
function ReportText({ text }: { text: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { copied, copy } = useClipboard();
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState<Saved | null>(null);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    // Below the first question, where there is room for the answer.
    const start = text.indexOf('\n\n\n') + 1;
    field.current?.setSelectionRange(start, start);
  }, [text]);
  const current = (): string => field.current?.value ?? text;
  const save = async (): Promise<void> => {
    setSaving(true);
    const reply = await client.call('report.save', { text: current() });
    setSaving(false);
    setSaved(reply.ok ? { kind: 'saved', path: reply.value.path } : { kind: 'failed', failure: reply.error });
  };
  return (
    <>
      <Textarea
        ref={field}
        aria-label="The report"
        defaultValue={text}
        spellCheck={false}
        classNames={{ root: 'report-field', wrapper: 'report-field', input: 'report-input' }}
        // A file saved before no longer holds what stands here.
        onChange={() => {
          setSaved(null);
        }}
      />
      {saved?.kind === 'failed' && <ReportTrouble trouble={saved.failure} />}
      <div className="report-saved" role="status">
        {saved?.kind === 'saved' && (
          <>
            <span className="dim">Saved to</span> <CopyText text={saved.path} label="Copy the path" />
          </>
        )}
      </div>
      <div className="report-foot">
        <Button variant="default" loading={saving} onClick={() => void save()}>
          Save to a file
        </Button>
        <Button onClick={() => void copy(current())}>{copied ? 'Copied' : 'Copy'}</Button>
      </div>
    </>
  );
}

function ReportTrouble({ trouble, children }: { trouble: Failure; children?: ReactNode }) {
  return <FailureTrouble failure={trouble}>{children}</FailureTrouble>;
}
