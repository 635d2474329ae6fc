import { ActionIcon, Button, Menu, Switch, UnstyledButton } from '@mantine/core';
import { IconArrowRight, IconChevronDown, IconCopy, IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { memo, useState } from 'react';
import { forwardUrl, type Forward } from '../../main/shared/forward.ts';
import { chain, troubledLink } from '../../main/shared/chain.ts';
import { describeService, warnedPart } from '../../main/shared/services.ts';
import type { ConnectionState, ForwardView } from '../../main/shared/snapshot.ts';
import {
  describeClients,
  describeForward,
  describeTraffic,
  forwardLight,
  isBound,
  isForwardOn,
  localAddress,
  targetAddress,
} from '../../main/shared/words.ts';
import { act } from '../api/act.ts';
import { CopyText } from '../shell/CopyText.tsx';
import { StateShape } from '../shell/StateShape.tsx';
import { copyToClipboard } from '../shell/use-clipboard.ts';
import { openDialog } from '../shell/ui-store.ts';
import { ServiceIcon } from './ServiceIcon.tsx';
import { TunnelDetails } from './TunnelDetails.tsx';
import { TunnelSteps } from './TunnelSteps.tsx';
import { TunnelTrouble } from './TunnelTrouble.tsx';

interface Props {
  readonly serverId: string;
  readonly serverName: string;
  readonly serverWanted: boolean;
  readonly forward: Forward;
  readonly view: ForwardView;
  /** Of the server. */
  readonly connection: ConnectionState;
}

/** Memoised: parts of a snapshot that did not change keep their identity, see api/share. */
export const TunnelRow = memo(function TunnelRow(props: Props) {
  const { serverId, serverName, forward, view, connection } = props;
  const { state, service, traffic } = view;
  const [unfolded, setUnfolded] = useState(false);
  const on = isForwardOn({ wanted: props.serverWanted }, forward);
  const light = forwardLight(state, connection.kind, service);
  const broken = light === 'failed';
  const words = broken ? 'broken' : describeForward(state, connection.kind);
  const troubled = broken || (light === 'up' && warnedPart(service) !== null);
  const links = on && (unfolded || troubled) ? chain(forward, view, connection) : [];
  const troubledStep = troubled ? troubledLink(links) : null;
  return (
    <li className="tunnel" data-light={light} data-on={on}>
      <Switch
        className="tunnel-switch"
        aria-label={`${forward.label} on`}
        checked={on}
        onChange={(event) =>
          void act('wanted.set', { serverId, forwardId: forward.id, on: event.currentTarget.checked })
        }
      />
      <div className="tunnel-name">
        <span className="tunnel-label">
          <ServiceIcon service={forward.service} />
          <span className="ellipsis" title={forward.label}>
            {forward.label}
          </span>
        </span>
        <UnstyledButton
          className="tunnel-state"
          aria-expanded={unfolded}
          aria-label={`${forward.label}: ${words}. Show the steps`}
          disabled={!on}
          title={describeService(service)}
          onClick={() => {
            setUnfolded(!unfolded);
          }}
        >
          <StateShape light={light} size={10} />
          <span className="ellipsis">{words}</span>
          {on && <IconChevronDown size={13} aria-hidden />}
        </UnstyledButton>
      </div>
      <div className="tunnel-way">
        <CopyText text={localAddress(forward)} label="Copy the local address" />
        {forward.bind.alsoIpv6 && (
          <span className="badge" title="Listens on ::1 as well">
            ::1
          </span>
        )}
        <span className="tunnel-to dim">
          <IconArrowRight size={14} aria-label="to" />
          <span className="mono ellipsis" title={`${targetAddress(forward)}, as ${serverName} sees it`}>
            {targetAddress(forward)}
          </span>
        </span>
        {forward.sendAs && (
          <span className="badge ellipsis tunnel-as" title={`Requests say ${forward.sendAs.host} as Host`}>
            as {forward.sendAs.host}
          </span>
        )}
      </div>
      <div className="tunnel-traffic figures dim">
        <span>{describeTraffic(traffic)}</span>
        <span>{describeClients(traffic)}</span>
      </div>
      <div className="tunnel-actions">
        <OpenButton forward={forward} bound={isBound(state)} />
        <TunnelMenu serverId={serverId} forward={forward} />
      </div>
      {links.length > 0 && <TunnelSteps links={links} />}
      {troubledStep && <TunnelTrouble serverId={serverId} forward={forward} state={state} link={troubledStep} />}
      {on && unfolded && state.kind === 'up' && (
        <TunnelDetails serverId={serverId} forward={forward} service={service} />
      )}
    </li>
  );
});

function OpenButton({ forward, bound }: { forward: Forward; bound: boolean }) {
  const url = forwardUrl(forward);
  if (url === null) return null;
  const label = `Open ${forward.label} in the browser`;
  return bound ? (
    <Button
      component="a"
      href={url}
      target="_blank"
      rel="noreferrer"
      className="tunnel-open"
      size="xs"
      variant="light"
      aria-label={label}
    >
      Open
    </Button>
  ) : (
    <Button
      className="tunnel-open"
      size="xs"
      variant="light"
      disabled
      aria-label={label}
      title="Nothing listens there now"
    >
      Open
    </Button>
  );
}

function TunnelMenu({ serverId, forward }: { serverId: string; forward: Forward }) {
  const forwardId = forward.id;
  const url = forwardUrl(forward);
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`More for ${forward.label}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPencil size={16} />}
          onClick={() => {
            openDialog({ kind: 'edit-tunnel', serverId, forwardId });
          }}
        >
          Edit tunnel
        </Menu.Item>
        {url !== null && (
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => void copyToClipboard(url)}>
            Copy as a web address
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item
          className="danger"
          leftSection={<IconTrash size={16} />}
          onClick={() => {
            openDialog({ kind: 'remove-tunnel', serverId, forwardId });
          }}
        >
          Remove tunnel
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
