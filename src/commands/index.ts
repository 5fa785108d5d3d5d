/**
 * The bundle of the commands, the tools of language models, the check of unanswered changes, and the reports on revokes. It is loaded when the
 * first of them runs or a connection opens. Its own copy of `@vscode/l10n` needs the translations too.
 */
export { config as configureStrings } from '@vscode/l10n';
export { checkUnanswered } from '../core/changes/unanswered.ts';
export { findKeyArns } from '../core/kms/keyArn.ts';
export { showOutcomes } from './changes/outcomes.ts';
export { run } from './table.ts';
export { describeTool, runTool } from './tools/tools.ts';
