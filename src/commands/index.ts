/**
 * The commands, what a language model may ask, and what is asked of KMS after a crash: a bundle of its own, loaded when the
 * first of them is run or a connection opens. It has a copy of `@vscode/l10n` of its own, which needs the translations too.
 */
export { config as configureStrings } from '@vscode/l10n';
export { checkUnanswered } from '../core/changes/unanswered.ts';
export { run } from './table.ts';
export { describeTool, runTool } from './tools/tools.ts';
