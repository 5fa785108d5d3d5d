/** Loaded when somebody first saves or compares a baseline. */
export { config as configureStrings } from '@vscode/l10n';
export { baselineBundle } from './baselineBundle.ts';
