import { ActionIcon, Select } from '@mantine/core';
import { IconExternalLink, IconX } from '@tabler/icons-react';
import { nameUrl, type HostsName, type HostsTo, type HostsView } from '../../main/shared/hosts.ts';
import { describeAnswer } from '../../main/shared/hosts-words.ts';
import type { ServerProfile } from '../../main/shared/server.ts';
import { CopyText } from '../shell/CopyText.tsx';

interface Props {
  readonly profile: ServerProfile;
  readonly view: HostsView;
  readonly onChange: (names: readonly HostsName[]) => void;
}

export function NameList({ profile, view, onChange }: Props) {
  const { names } = profile.hosts;
  return (
    <ul className="card-list" aria-label={`Names of ${profile.name}`}>
      {names.map((name) => {
        const answer = view.names.find((each) => each.name === name.name);
        const url = nameUrl(name, profile);
        return (
          <li key={name.name} className="name">
            <span className="mono name-itself">{name.name}</span>
            <Select
              className="name-to"
              size="xs"
              aria-label={`Where ${name.name} leads`}
              allowDeselect={false}
              data={choices(profile, name.to)}
              value={name.to.kind}
              onChange={(kind) => {
                const to = toOf(kind, name.to);
                onChange(names.map((each) => (each === name ? { ...each, to } : each)));
              }}
            />
            <span className="name-url">
              {url === null ? (
                <span className="dim">No tunnel yet</span>
              ) : (
                <>
                  <CopyText text={url} label="Copy the address" />
                  <ActionIcon
                    component="a"
                    href={url}
                    target="_blank"
                    rel="noreferrer"
                    aria-label={`Open ${name.name} in the browser`}
                  >
                    <IconExternalLink size={16} />
                  </ActionIcon>
                </>
              )}
            </span>
            <span className="name-answer figures" data-wrong={(answer?.trouble ?? null) !== null}>
              {answer === undefined || answer.answers === null ? '' : describeAnswer(answer)}
            </span>
            <ActionIcon
              aria-label={`Remove ${name.name}`}
              onClick={() => {
                onChange(names.filter((each) => each !== name));
              }}
            >
              <IconX size={16} />
            </ActionIcon>
            {answer?.trouble && (
              <span className="name-trouble">
                {answer.trouble.message} {answer.trouble.hint}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function choices(profile: ServerProfile, to: HostsTo) {
  return [
    { value: 'tunnel', label: 'Through the tunnel' },
    { value: 'server', label: `To ${profile.address}` },
    ...(to.kind === 'address' ? [{ value: 'address', label: `To ${to.address}` }] : []),
  ];
}

function toOf(kind: string | null, before: HostsTo): HostsTo {
  return kind === 'tunnel' || kind === 'server' ? { kind } : before;
}
