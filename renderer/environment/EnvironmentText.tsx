import { Button, SegmentedControl, Switch } from '@mantine/core';
import { IconCopy, IconKey } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { EnvironmentView } from '../../main/shared/environment/environment.ts';
import {
  commandFor,
  formatWords,
  shownFormats,
  type ShownFormat,
} from '../../main/shared/environment/environment-words.ts';
import { formatEnvironment } from '../../main/shared/environment/formats.ts';
import { act } from '../api/act.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { copyEnvironment } from './copy-environment.ts';
import { chooseFormat, useChoice } from './environment-store.ts';

interface Props {
  readonly serverId: string;
  readonly serverName: string;
  readonly view: EnvironmentView;
}

/** Long enough to read it off, not so long that it stands there when somebody else comes by. */
const shownMs = 60_000;

/** The text to paste, with secrets masked until asked for. */
export function EnvironmentText({ serverId, serverName, view }: Props) {
  const format = useChoice((state) => state.format);
  const [wanted, setWanted] = useState(false);
  const environment = view.environment ?? undefined;
  const shown = useShown({ serverId, environment, format, wanted, view }, setWanted);
  const hasSecrets = view.variables.some((each) => each.isSecret && each.isKnown);
  const masked = formatEnvironment(view.variables, format, {
    secrets: 'masked',
    awsProfile: view.aws?.name ?? '',
  }).text;
  const command = commandFor(format, serverName, view);
  const copy = (withSecrets: boolean) => void copyEnvironment({ serverId, environment, format, withSecrets });
  return (
    <section className="panel" aria-label="Text to paste">
      <div className="environment-formats">
        <SegmentedControl
          size="xs"
          aria-label="Format"
          data={shownFormats.map((value) => ({ value, label: formatWords[value].label }))}
          value={format}
          onChange={(value) => {
            chooseFormat(shownFormats.find((each) => each === value) ?? 'bash');
          }}
        />
      </div>
      <p className="dim">{formatWords[format].how}</p>
      <pre className="code environment-text" tabIndex={0} aria-label="The text">
        {shown ?? masked}
      </pre>
      <div className="environment-foot">
        {hasSecrets && (
          <Switch
            size="sm"
            label="Show secrets"
            checked={wanted}
            onChange={(event) => {
              setWanted(event.currentTarget.checked);
            }}
          />
        )}
        <span className="environment-space" />
        <Button
          size="xs"
          variant={hasSecrets ? 'default' : 'filled'}
          leftSection={<IconCopy size={14} />}
          onClick={() => {
            copy(false);
          }}
        >
          {hasSecrets ? 'Copy without secrets' : 'Copy'}
        </Button>
        {hasSecrets && (
          <Button
            size="xs"
            leftSection={<IconKey size={14} />}
            onClick={() => {
              copy(true);
            }}
          >
            Copy with secrets
          </Button>
        )}
      </div>
      {command !== null && (
        <div className="environment-command">
          <span className="dim">The same on the command line:</span>{' '}
          <CopyText text={command} label="Copy the command" />
        </div>
      )}
    </section>
  );
}

interface ShownArgs {
  readonly serverId: string;
  readonly environment: string | undefined;
  readonly format: ShownFormat;
  readonly wanted: boolean;
  readonly view: EnvironmentView;
}

/** The text with its secrets while it is wanted; null before it is there. Held nowhere else, and not for long. */
function useShown(
  { serverId, environment, format, wanted, view }: ShownArgs,
  setWanted: (wanted: boolean) => void,
): string | null {
  const [answer, setAnswer] = useState<{ readonly format: ShownFormat; readonly text: string } | null>(null);
  useEffect(() => {
    if (!wanted) return;
    let over = false;
    const args = { serverId, format, withSecrets: true, ...(environment === undefined ? {} : { environment }) };
    void act('environment.text', args).then((reply) => {
      if (over) return;
      if (reply.ok) setAnswer({ format, text: reply.value.text });
      else setWanted(false);
    });
    return () => {
      over = true;
    };
    // `view`: what it says has changed, so that the text is asked for anew.
  }, [serverId, environment, format, wanted, view, setWanted]);
  useEffect(() => {
    if (!wanted) return;
    const timer = window.setTimeout(setWanted, shownMs, false);
    return () => {
      window.clearTimeout(timer);
      setAnswer(null);
    };
  }, [wanted, setWanted]);
  return wanted && answer?.format === format ? answer.text : null;
}
