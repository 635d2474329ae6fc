import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';

interface Props {
  readonly shown: boolean;
  readonly onChange: (shown: boolean) => void;
  /** In place of the usual look. */
  readonly className?: string;
  readonly children: ReactNode;
}

/** The line that folds and unfolds what stands below it. */
export function Fold({ shown, onChange, className = 'fold', children }: Props) {
  return (
    <UnstyledButton
      className={className}
      aria-expanded={shown}
      onClick={() => {
        onChange(!shown);
      }}
    >
      <IconChevronRight className="fold-mark" size={14} aria-hidden />
      {children}
    </UnstyledButton>
  );
}

/** A section of a page that is folded at first; what is in it begins to be when it is unfolded. `aside`: beside its title. */
export function FoldedSection({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  const [shown, setShown] = useState(false);
  return (
    <section className="section" aria-label={title}>
      <Fold shown={shown} onChange={setShown}>
        {title} {aside}
      </Fold>
      {shown && children}
    </section>
  );
}
