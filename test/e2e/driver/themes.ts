/** The colour themes that VS Code brings, and the class that the workbench has while one is on. */
export const themes = {
  light: { newest: 'Light 2026', oldest: 'Default Light Modern', css: 'vs' },
  dark: { newest: 'Dark 2026', oldest: 'Default Dark Modern', css: 'vs-dark' },
  'high contrast': { newest: 'Default High Contrast', oldest: 'Default High Contrast', css: 'hc-black' },
  'high contrast light': {
    newest: 'Default High Contrast Light',
    oldest: 'Default High Contrast Light',
    css: 'hc-light',
  },
} as const;

export type Theme = keyof typeof themes;
