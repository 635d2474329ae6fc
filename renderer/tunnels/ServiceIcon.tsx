import {
  IconBucket,
  IconChartDots3,
  IconChartLine,
  IconDatabase,
  IconFlame,
  IconLayoutDashboard,
  IconNotebook,
  IconPlug,
  IconWorld,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { ServiceKind } from '../../main/shared/forward.ts';

const icons: Record<ServiceKind, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>> = {
  mlflow: IconChartDots3,
  s3: IconBucket,
  's3-console': IconLayoutDashboard,
  postgres: IconDatabase,
  jupyter: IconNotebook,
  grafana: IconChartLine,
  prometheus: IconFlame,
  http: IconWorld,
  tcp: IconPlug,
};

export function ServiceIcon({ service, size = 18 }: { service: ServiceKind; size?: number }) {
  const Icon = icons[service];
  return <Icon size={size} aria-hidden />;
}
