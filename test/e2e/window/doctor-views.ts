/** The doctor's page in its states. */
import type { Page } from 'playwright';
import { doctorSnapshots } from '../../support/doctor-snapshots.ts';
import type { View } from './views.ts';

export const openDoctor = (page: Page) => page.getByRole('button', { name: 'Doctor', exact: true }).click();

export const doctorViews: readonly View[] = [
  { name: 'doctor before a look', snapshot: () => doctorSnapshots.none, prepare: openDoctor },
  { name: 'doctor looking', snapshot: () => doctorSnapshots.looking, prepare: openDoctor },
  { name: 'doctor with troubles', snapshot: () => doctorSnapshots.ill, prepare: openDoctor },
  {
    name: 'doctor all well',
    snapshot: () => doctorSnapshots.well,
    prepare: async (page) => {
      await openDoctor(page);
      await page.getByRole('button', { name: /checks are well/ }).click();
    },
  },
];
