/** Loaded when somebody first asks for evidence. */
export { config as configureStrings } from '@vscode/l10n';
export { Evidence } from './evidence.ts';
export { evidenceLines } from './evidenceText.ts';
