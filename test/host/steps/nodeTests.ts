import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run as runNodeTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { projectRoot } from '../project.ts';
import { add, type Counts, oneFailed, onePassed, oneSkipped, type Step } from './step.ts';

/**
 * The node:test files below out/<folder>. With `secondTry`, what failed is run again, in new processes, and its
 * second result counts; what passed only then is named, for somebody to look into.
 */
export function nodeTests(folder: string, title: string, concurrency: number, secondTry = false): Step {
  return {
    name: folder,
    title,
    run: async (grep) => {
      const root = join(projectRoot, 'out', folder);
      const files = (existsSync(root) ? await readdir(root, { recursive: true }) : [])
        .filter((file) => file.endsWith('.test.mjs'))
        .sort()
        .map((file) => join(root, file));
      if (files.length === 0) {
        console.log(`There are no tests in out/${folder}.`);
        return oneFailed;
      }
      const { counts, failed } = await runFiles(files, concurrency, grep);
      if (!secondTry || failed.length === 0) {
        return counts;
      }
      console.log(`\nOnce more: ${failed.join('; ')}`);
      const second = await runFiles(
        files,
        concurrency,
        failed.map((name) => new RegExp(`^${name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`)),
      );
      // What has no name of its own, such as a file that could not be loaded, has no second result either.
      const passed = failed.length === second.counts.passed + second.counts.failed ? second.counts.passed : 0;
      const unstable = failed.filter((name) => !second.failed.includes(name));
      if (passed > 0) {
        console.log(`Passed at the second try only: ${unstable.join('; ')}`);
      }
      return { ...counts, passed: counts.passed + passed, failed: counts.failed - passed };
    },
  };
}

/** Runs test files, and prints their report. */
async function runFiles(
  files: readonly string[],
  concurrency: number,
  testNamePatterns: string | readonly RegExp[] | undefined,
): Promise<{ readonly counts: Counts; readonly failed: readonly string[] }> {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failed: string[] = [];
  const stream = runNodeTests({
    files,
    concurrency,
    ...(testNamePatterns !== undefined && { testNamePatterns }),
  });
  stream.on('test:pass', ({ details, skip, todo }) => {
    if (details.type !== 'suite') {
      const isSkipped = Boolean(skip ?? todo);
      counts = add(counts, isSkipped ? oneSkipped : onePassed);
    }
  });
  stream.on('test:fail', ({ details, name }) => {
    if (details.type !== 'suite') {
      counts = add(counts, oneFailed);
      failed.push(name);
    }
  });
  for await (const text of stream.pipe(new spec())) {
    process.stdout.write(String(text));
  }
  return { counts, failed };
}
