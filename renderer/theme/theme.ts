import {
  ActionIcon,
  createTheme,
  defaultVariantColorsResolver,
  Menu,
  Modal,
  Switch,
  Tooltip,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** `filled` is what buttons are made of: dark enough for white text by day, light enough for dark text by night. */
const accent: MantineColorsTuple = [
  '#eef2ff',
  '#dfe6fe',
  '#bccafb',
  '#9ab0fb',
  '#8aa4ff',
  '#5b7bf2',
  '#3b63f3',
  '#3457e0',
  '#2a48bd',
  '#22399a',
];
const failed: MantineColorsTuple = [
  '#fdf0f0',
  '#fbdcde',
  '#f6b6ba',
  '#f58e94',
  '#ff7a80',
  '#e0434d',
  '#d02c38',
  '#c22430',
  '#a31c27',
  '#84151e',
];

/** Enough to set a dialog apart, not so much that the page behind it is gone. */
export const veil = { backgroundOpacity: 0.4 };

/** The greys of Mantine’s own parts by night, in the tint of tokens.css. */
const dark: MantineColorsTuple = [
  '#ececf0',
  '#c9cbd3',
  '#a0a4b0',
  '#6b6f7c',
  '#3c3f49',
  '#2c2e36',
  '#1d1e23',
  '#16171b',
  '#131418',
  '#0f1013',
];

/** Mantine settles the text colour once for both schemes; ours is dark on a light fill by night. */
const variantColorResolver: VariantColorsResolver = (input) => ({
  ...defaultVariantColorsResolver(input),
  ...(input.variant === 'filled' ? { color: 'var(--on-filled)' } : {}),
});

export const theme = createTheme({
  variantColorResolver,
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 4 },
  colors: { accent, failed, dark },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  // Inter where a Linux desktop has it; the system's own face everywhere else. Nothing is loaded.
  fontFamily:
    "-apple-system, BlinkMacSystemFont, 'Segoe UI Variable Text', 'Segoe UI', Inter, Cantarell, Ubuntu, 'Noto Sans', system-ui, sans-serif",
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  headings: { fontWeight: '650' },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    Menu: Menu.extend({
      defaultProps: { shadow: 'md', position: 'bottom-end', width: 264, withInitialFocusPlaceholder: false },
    }),
    // The page itself never scrolls, so there is nothing to lock; the lock would add a style tag of its own.
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        centered: true,
        radius: 'lg',
        padding: 'lg',
        overlayProps: veil,
        closeButtonProps: { 'aria-label': 'Close' },
      },
    }),
    Switch: Switch.extend({ defaultProps: { withThumbIndicator: false } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false } }),
  },
});

const own = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-dim)',
  '--mantine-color-placeholder': 'var(--text-dim)',
  '--mantine-color-default': 'var(--surface-raised)',
  '--mantine-color-default-hover': 'var(--surface-hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-error': 'var(--state-failed)',
  '--mantine-color-anchor': 'var(--accent)',
};

/** Mantine's own surfaces follow ours; what light and dark are is said once, in tokens.css. */
export const resolveVariables: CSSVariablesResolver = () => ({ variables: {}, light: own, dark: own });
