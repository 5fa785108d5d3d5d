/** Loaded when somebody first rests on a row, opens a page about one, or asks what an error means. */
export { config as configureStrings } from '@vscode/l10n';
export { granteesTooltip } from '../../views/hovers/granteesTooltip.ts';
export { historyTooltip } from '../../views/hovers/historyTooltip.ts';
export { keysTooltip } from '../../views/hovers/keysTooltip.ts';
export { explainForModel } from '../explainError/explainForModel.ts';
export { explainKmsError, explainTerminalSelection } from '../explainError/explainKmsError.ts';
export { grantDetails } from './grantDetails.ts';
export { keyDetails } from './keyDetails.ts';
export { showRevokeResults } from './revokeResults.ts';
