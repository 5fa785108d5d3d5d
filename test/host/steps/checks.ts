import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { audit } from '../audit.ts';
import { run } from '../process.ts';
import { projectRoot } from '../project.ts';
import { type Counts, oneFailed, onePassed, oneSkipped, type Step } from './step.ts';

type Print = Parameters<Step['run']>[1];

/** A check that passes or fails as a whole, by a program of node_modules. */
function check(name: string, title: string, program: string, ...args: readonly string[]): Step {
  return {
    name,
    title,
    isShort: true,
    run: async (_, print) => ((await tool(program, args, print)) === 0 ? onePassed : oneFailed),
  };
}

const tool = (program: string, args: readonly string[], print: Print) =>
  run(join(projectRoot, 'node_modules/.bin', program), args, { cwd: projectRoot, onLine: print });

/** Every string that the source shows is in the bundle that translators get, and no other. */
async function checkL10n(_: unknown, print: Print): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-l10n-'));
  try {
    if ((await tool('vscode-l10n-dev', ['export', '--outDir', folder, 'src'], print)) !== 0) {
      return oneFailed;
    }
    const [fresh, kept] = await Promise.all(
      [folder, join(projectRoot, 'l10n')].map((at) => readFile(join(at, 'bundle.l10n.json'), 'utf8').catch(() => '')),
    );
    if (fresh === kept) {
      return onePassed;
    }
    print('l10n/bundle.l10n.json is not what the source says: run `npm run l10n`.');
    return oneFailed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** No known vulnerability in what ships. Not every machine has a registry that knows, so it is skipped even on CI. */
async function checkAudit(_: unknown, print: Print): Promise<Counts> {
  const answer = await audit();
  switch (answer.kind) {
    case 'clean':
      return onePassed;
    case 'vulnerable':
      print(answer.packages.join('\n'));
      return oneFailed;
    case 'unknown':
      print(`Skipped: the registry gave no audit (${answer.reason}).`);
      return oneSkipped;
  }
}

/** What needs no running VS Code, each a few seconds. */
export const checks: readonly Step[] = [
  check('lint', 'Format and lint', 'biome', 'ci', '.', ...(process.stdout.isTTY ? [] : ['--colors=off'])),
  check('types', 'Types', 'tsc', '--noEmit'),
  check('deadcode', 'Dead code', 'knip', '--no-progress'),
  { name: 'l10n', title: 'Strings for translators', isShort: true, run: checkL10n },
  { name: 'audit', title: 'Known vulnerabilities', isShort: true, run: checkAudit },
];
