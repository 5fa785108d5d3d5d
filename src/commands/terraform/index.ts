/** Loaded with the first grant on screen where a folder is open, and by what leads to Terraform's files or from them. */
export { config as configureStrings } from '@vscode/l10n';
export { TerraformFiles } from '../../platform/terraformFiles.ts';
export { goToTerraformResource } from './goToResource.ts';
export { openGrantOfResource, resourceLinks } from './openGrant.ts';
