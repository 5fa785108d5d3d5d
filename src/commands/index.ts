/**
 * The commands, what a language model may ask, and what is asked of KMS after a crash: a bundle of its own, loaded when the
 * first of them is run or a connection opens. Its copy of
 * the strings' run time is its own too, so that it is told of the translations.
 */
export { config as configureStrings } from '@vscode/l10n';
export { checkUnanswered } from '../core/changes/unanswered.ts';
export { describeTool, runTool } from './grants/languageModelTools.ts';
export { run } from './table.ts';
