import { notifications } from '@mantine/notifications';
import type { CallArgs, CallName, CallReply } from '../../main/shared/contract.ts';
import type { Failure } from '../../main/shared/failure.ts';
import { client } from './client.ts';
import { currentLink } from './store.ts';

const closeButtonProps = { 'aria-label': 'Dismiss' };

/** Shows a failure that has no better place on the page. */
export function showFailure(error: Failure): void {
  notifications.show({
    closeButtonProps,
    color: 'failed',
    title: error.message,
    message: error.hint ?? error.fields?.map((each) => each.message).join(' ') ?? '',
    autoClose: 10_000,
  });
}

export function showDone(message: string): void {
  notifications.show({ closeButtonProps, message, autoClose: 3000 });
}

/** Calls the core; a failure is shown as a toast and returned as well. */
export async function act<K extends CallName>(name: K, args: CallArgs<K>): Promise<CallReply<K>> {
  const reply = await client.call(name, args);
  // An expired pass has a page of its own.
  const told = currentLink().kind === 'expired';
  if (!reply.ok && reply.error.code !== 'cancelled' && !told) showFailure(reply.error);
  return reply;
}
