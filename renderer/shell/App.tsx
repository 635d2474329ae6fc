import { useHasSnapshot, useLink, useSnapshot } from '../api/store.ts';
import { ThemeProvider } from '../theme/ThemeProvider.tsx';
import { AwayPage, ExpiredPage, LoadingPage } from './PlainPages.tsx';
import { Shell } from './Shell.tsx';

export function App() {
  const hasSnapshot = useHasSnapshot();
  const link = useLink();
  if (hasSnapshot && link.kind !== 'expired') return <ThemedShell />;
  return (
    <ThemeProvider theme={null}>
      {link.kind === 'expired' ? <ExpiredPage /> : link.kind === 'away' ? <AwayPage /> : <LoadingPage />}
    </ThemeProvider>
  );
}

function ThemedShell() {
  const theme = useSnapshot((snapshot) => snapshot.settings.theme);
  return (
    <ThemeProvider theme={theme}>
      <Shell />
    </ThemeProvider>
  );
}
