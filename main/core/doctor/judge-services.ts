/** What answers behind each tunnel, as its chain tells. Pure. */
import type { Finding } from '../../shared/doctor.ts';
import type { Forward } from '../../shared/forward.ts';
import { sentence } from '../../shared/sentence.ts';
import { describeService, troubledPart, type ServiceView } from '../../shared/services.ts';
import { finding, well } from './finding.ts';

/** Of a forward that is up. `service`: null where nobody could ask. */
export function judgeService(serverId: string, forward: Forward, service: ServiceView | null): readonly Finding[] {
  const find = finding('services', serverId);
  const id = `forward/${forward.id}/service`;
  const title = forward.label;
  if (service === null) {
    return [find({ id, title, status: 'unknown', seen: 'What answers there could not be asked just now.' })];
  }
  const trouble = troubledPart(service);
  if (trouble !== null) {
    return [
      find({
        id,
        title,
        status: trouble.state === 'warning' ? 'warning' : 'broken',
        seen: sentence(trouble.words),
        hint: trouble.reason ?? undefined,
        fix: { kind: 'open-tab', serverId, tab: 'tunnels' },
      }),
    ];
  }
  const told = describeService(service);
  const login =
    service.login.state === 'unknown' && service.login.reason !== null ? ` ${sentence(service.login.words)}` : '';
  const notes = service.notes.map((text, at) =>
    find({ id: `${id}/note-${String(at)}`, title, status: 'warning', seen: sentence(text) }),
  );
  return [find(well(id, title, `${sentence(told === '' ? service.service.words : told)}${login}`)), ...notes];
}
