/** Loaded when somebody first exports grants, or saves or compares a baseline. */
export { config as configureStrings } from '@vscode/l10n';
export { baselineBundle } from './baselineBundle.ts';
