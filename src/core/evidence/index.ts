/** Loaded when somebody first asks for evidence. */
export { config as configureStrings } from '@vscode/l10n';
export { evidenceBundle } from './evidenceBundle.ts';
