import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';

/** What is being done, in a line, in the place of what is to come of it. */
export function Waiting({ children }: { children: ReactNode }) {
  return (
    <p className="marked-line dim" role="status">
      <Loader size={14} /> {children}
    </p>
  );
}
