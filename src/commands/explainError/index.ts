/** Loaded when somebody first asks what an error means. */
export { config as configureStrings } from '@vscode/l10n';
export { explainForModel } from './explainForModel.ts';
export { explainKmsError, explainTerminalSelection } from './explainKmsError.ts';
