import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface Props {
  readonly label: string;
  readonly note?: ReactNode;
  readonly saved?: boolean;
  readonly alert?: boolean;
  readonly children?: ReactNode;
}

export function SettingRow({ label, note, saved = false, alert = false, children }: Props) {
  return (
    <div className="setting">
      <div className="setting-text">
        <div className="setting-label">
          {alert && <IconAlertTriangle size={16} className="state-working" aria-hidden />}
          {label}
          <span className="setting-saved state-up" role="status">
            {saved && (
              <>
                <IconCheck size={14} aria-hidden /> Saved
              </>
            )}
          </span>
        </div>
        {note !== undefined && <div className={alert ? 'state-working' : 'dim'}>{note}</div>}
      </div>
      {children !== undefined && <div className="setting-control">{children}</div>}
    </div>
  );
}
