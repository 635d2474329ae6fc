import type { Failure } from '../../../main/shared/failure.ts';
import { client } from '../../api/client.ts';
import { fieldErrors } from '../../api/field-errors.ts';
import { currentServer } from '../../api/store.ts';
import { serverToDraft } from '../../servers/server-form.ts';
import { changeNewVm, currentNewVm } from './new-vm-store.ts';

/**
 * Adds the server, or changes the one that was added before, and connects. Returns what was refused; the step that has
 * the field is then shown.
 */
export async function connectNewVm(): Promise<Failure | null> {
  const { values, serverId } = currentNewVm();
  const draft = serverToDraft(values);
  const before = currentServer(serverId);
  let id: string;
  if (before === undefined) {
    const reply = await client.call('servers.add', { draft });
    if (!reply.ok) return settle(reply.error);
    id = reply.value.serverId;
  } else {
    id = before.profile.id;
    const { forwards: _, ...own } = draft;
    const reply = await client.call('servers.edit', { serverId: id, draft: own });
    if (!reply.ok) return settle(reply.error);
  }
  changeNewVm({ serverId: id, step: 'prove' });
  const isStopped = before?.connection.kind === 'failed' || before?.connection.kind === 'waiting';
  const reply = isStopped
    ? await client.call('connection.retry', { serverId: id })
    : await client.call('wanted.set', { serverId: id, on: true });
  return reply.ok ? null : reply.error;
}

function settle(error: Failure): Failure {
  const paths = Object.keys(fieldErrors(error));
  const isOfLogin = paths.some((each) => each.startsWith('login'));
  const isOfWhere = paths.some((each) => /^(address|port|user|name)$/.test(each));
  changeNewVm({ step: isOfLogin && !isOfWhere ? 'login' : 'where' });
  return error;
}
