/**
 * The commands, and what a language model may ask: a bundle of its own, loaded when the first of them is run. Its copy of
 * the strings' run time is its own too, so that it is told of the translations.
 */
export { config as configureStrings } from '@vscode/l10n';
export { describeTool, runTool } from './languageModelTools.ts';
export { run } from './table.ts';
