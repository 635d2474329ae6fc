/** What of a store is to be forwarded. */
import type { PlanService } from '../../../../shared/setup/plan.ts';

/** The same ports here as there: the console's page and MLflow's clients are told the store's address on the server. */
export const servicesOf = (port: number, consolePort: number | null): readonly PlanService[] => [
  { service: 's3', label: 'S3 API', port, samePort: true },
  ...(consolePort === null
    ? []
    : [{ service: 's3-console', label: 'S3 console', port: consolePort, samePort: true } as const]),
];
