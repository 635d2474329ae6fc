/** Makers of findings. */
import type { CheckGroup, DoctorFix, Finding } from '../../shared/doctor.ts';

type Made = Omit<Finding, 'serverId' | 'group' | 'hint' | 'fix'> & {
  readonly hint?: string | undefined;
  readonly fix?: DoctorFix | null;
};

/** `id` is made unique by its server. */
export const finding =
  (group: CheckGroup, serverId: string | null) =>
  ({ id, title, status, seen, hint, fix }: Made): Finding => ({
    id: serverId === null ? id : `${serverId}/${id}`,
    group,
    title,
    status,
    seen,
    hint: hint ?? null,
    fix: fix ?? null,
    serverId,
  });

export type Find = ReturnType<typeof finding>;

/** All is well: nothing to do. */
export const well = (id: string, title: string, seen: string): Made => ({ id, title, status: 'ok', seen });
