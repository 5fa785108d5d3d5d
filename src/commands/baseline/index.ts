/** Loaded when somebody first exports grants, or saves or compares a baseline. */
export { config as configureStrings } from '@vscode/l10n';
export { compareWithBaseline } from './compareWithBaseline.ts';
export { exportGrants } from './exportGrants.ts';
export { saveBaseline } from './saveBaseline.ts';
