import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { run } from '../process.ts';
import { projectRoot, vsixPath } from '../project.ts';
import { nodeTests } from './nodeTests.ts';
import { oneFailed, onePassed, type Step } from './step.ts';

/** Packages the extension, and tests the package in a browser. @param host resolves once the VS Code for it is there */
export function packageAndEndToEnd(host: () => Promise<unknown>): readonly [packaging: Step, endToEnd: Step] {
  let isPackaged = false;
  const tests = nodeTests('e2e', 'End to end, newest VS Code', 2, true);
  return [
    {
      name: 'package',
      title: 'Package',
      run: async () => {
        await rm(vsixPath, { force: true });
        const code = await run('npm', ['run', 'package', '--silent'], { cwd: projectRoot });
        isPackaged = code === 0 && existsSync(vsixPath);
        return isPackaged ? onePassed : oneFailed;
      },
    },
    {
      ...tests,
      run: async (grep, print) => {
        if (!isPackaged) {
          print('There is no package to test.');
          return oneFailed;
        }
        await host();
        return await tests.run(grep, print);
      },
    },
  ];
}
