import type { ReactNode } from 'react';

/** Settings that belong together, under a heading. */
export function SettingGroup({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="setting-group" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
