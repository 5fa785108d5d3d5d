import { writeFile } from 'node:fs/promises';
import Mocha from 'mocha';
import { activation } from './activation.ts';
import { errors } from './errors.ts';
import { hostile } from './hostile.ts';
import { links } from './links.ts';
import { pace } from './pace.ts';
import { afterReload, beforeReload } from './reload.ts';
import { revoke } from './revoke.ts';
import { terraform } from './terraform.ts';
import { tools } from './tools.ts';
import { tree } from './tree.ts';
import { uses } from './uses.ts';
import { watchWindow } from './window.ts';

const phases: Readonly<Record<string, readonly (() => void)[]>> = {
  main: [activation, tree, links, revoke, uses, tools, pace, errors, hostile],
  inFolder: [terraform],
  beforeReload: [beforeReload],
  afterReload: [afterReload],
};

/** What the extension host calls. It rejects when a test failed, which is the exit code of the host. */
export async function run(): Promise<void> {
  watchWindow();
  const host = process.env['KMS_GRANTS_HOST'] ?? '';
  // Two hosts write to one terminal.
  Mocha.reporters.Base.consoleLog = (format: unknown = '', ...rest) => console.log(`${host} │ ${format}`, ...rest);
  const grep = process.env['KMS_GRANTS_GREP'];
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, color: false, reporter: 'spec', ...(grep && { grep }) });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  for (const define of phases[process.env['KMS_GRANTS_PHASE'] ?? 'main'] ?? []) {
    define();
  }

  const failures: { title: string; message: string }[] = [];
  const { stats } = await new Promise<Mocha.Runner>((resolve) => {
    const runner = mocha.run(() => resolve(runner));
    runner.on('fail', (test, error: Error) =>
      failures.push({ title: test.fullTitle(), message: error.stack ?? error.message }),
    );
  });
  const results = { passed: stats?.passes ?? 0, failed: failures.length, skipped: stats?.pending ?? 0, failures };
  const path = process.env['KMS_GRANTS_RESULTS'];
  if (path !== undefined) {
    await writeFile(path, JSON.stringify(results));
  }
  if (failures.length > 0) {
    throw new Error(`${failures.length} tests failed`);
  }
}
