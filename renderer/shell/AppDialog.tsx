import { Modal, type ModalProps } from '@mantine/core';
import { useReturnFocus } from './use-return-focus.ts';

/** A dialog that is open for as long as it is there. */
export function AppDialog(props: Omit<ModalProps, 'opened'>) {
  useReturnFocus();
  return <Modal {...props} opened />;
}
