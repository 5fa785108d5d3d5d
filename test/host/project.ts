import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json. Looked for upwards, since bundles lie at different depths of out/. */
export const projectRoot: string = (() => {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new Error(`No package.json above ${import.meta.dirname}.`);
    }
    folder = parent;
  }
  return folder;
})();

/** Everything that tests and `npm start` install, write or remember; ignored by git. */
export const testFolder: string = join(projectRoot, '.vscode-test');

/** The package that `npm run package` writes. */
export const vsixPath: string = join(projectRoot, 'kms-grants.vsix');

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
