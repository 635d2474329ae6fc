import { Button, Group } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { isOfPlaybook, type Plan } from '../../main/shared/setup/plan.ts';
import { useAsked } from '../api/use-asked.ts';
import { AppDialog } from '../shell/AppDialog.tsx';
import { FailureTrouble } from '../shell/Trouble.tsx';
import { Waiting } from '../shell/Waiting.tsx';
import { useClipboard } from '../shell/use-clipboard.ts';

function download(text: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/x-shellscript' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}

/** The plan as a script that can be read, kept, and run by hand. */
export function ScriptDialog({ serverId, plan, onClose }: { serverId: string; plan: Plan; onClose: () => void }) {
  const { value, failure, again } = useAsked('setup.script', { serverId, draft: plan.draft }, true);
  const { copied, copy } = useClipboard();
  const text = value?.text ?? '';
  const fileName = `${plan.draft.stack}-${plan.environment}.sh`;
  return (
    <AppDialog onClose={onClose} size={860} title="The plan as a script">
      <div className="form">
        <p>
          {isOfPlaybook(plan)
            ? 'It runs the playbook by hand, on the machine that has it. There are no passwords in it: ansible-playbook asks for them.'
            : 'It does by hand what the plan does. There are no passwords in it: it asks for those that it needs, and makes up the others.'}
        </p>
        {failure !== null && (
          <FailureTrouble failure={failure}>
            <Button size="xs" variant="default" onClick={again}>
              Try again
            </Button>
          </FailureTrouble>
        )}
        {value === null && failure === null && <Waiting>Writing the script …</Waiting>}
        {value !== null && (
          <pre className="code script-text" tabIndex={0} aria-label="The script">
            {text}
          </pre>
        )}
        <Group className="form-foot" justify="flex-end">
          <Button
            variant="default"
            disabled={value === null}
            leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            onClick={() => void copy(text)}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
          <Button
            disabled={value === null}
            leftSection={<IconDownload size={16} />}
            onClick={() => {
              download(text, fileName);
            }}
          >
            Save as {fileName}
          </Button>
        </Group>
      </div>
    </AppDialog>
  );
}
