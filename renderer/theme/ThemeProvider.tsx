import { MantineProvider } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { useEffect, type ReactNode } from 'react';
import { themes, type Settings } from '../../main/shared/settings.ts';
import { resolveVariables, theme } from './theme.ts';

const rememberedIn = 'mooring-theme';

/** The theme of last time, so that a dark window does not flash white before the snapshot comes. */
function rememberedTheme(): Settings['theme'] {
  const saved = localStorage.getItem(rememberedIn);
  return themes.find((each) => each === saved) ?? 'system';
}

/** The host puts a fresh nonce into the page; without it the style tags made here would be refused. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

export function ThemeProvider({ theme: wanted, children }: { theme: Settings['theme'] | null; children: ReactNode }) {
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)', false, { getInitialValueInEffect: false });
  const chosen = wanted ?? rememberedTheme();
  useEffect(() => {
    if (wanted !== null) localStorage.setItem(rememberedIn, wanted);
  }, [wanted]);
  const scheme = chosen === 'system' ? (systemDark ? 'dark' : 'light') : chosen;
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      cssVariablesResolver={resolveVariables}
      getStyleNonce={() => nonce}
    >
      {children}
      <Notifications position="bottom-right" limit={4} />
    </MantineProvider>
  );
}
