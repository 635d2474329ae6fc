import { Modal, type ModalProps } from '@mantine/core';
import { useSnapshot } from '../api/store.ts';
import { isOwn } from '../prompts/is-own.ts';
import { useReturnFocus } from './use-return-focus.ts';

/** A dialog that is open for as long as it is there. */
export function AppDialog(props: Omit<ModalProps, 'opened'>) {
  useReturnFocus();
  // Escape is for the question that lies above.
  const covered = useSnapshot(({ prompts }) => prompts.some(isOwn));
  return <Modal closeOnEscape={!covered} {...props} opened />;
}
