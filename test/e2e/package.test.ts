import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot, testFolder, vsixPath } from '../host/project.ts';
import { provision } from '../host/provision.ts';
import { installVsix } from '../host/server.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

/** Installs the package, and resolves to the folder of the extension in `folder`. */
async function install(folder: string): Promise<string> {
  const profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
  await installVsix(await provision('newest'), profile, vsixPath);
  const [extension = ''] = (await readdir(profile.extensions)).filter((name) => name.startsWith('kms-grants.'));
  return join(profile.extensions, extension);
}

/** Where the repository is published, by the manifest in `folder`. */
async function repositoryOf(folder: string): Promise<string> {
  const { repository }: { repository: { url: string } } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  return repository.url.replace(/\.git$/, '');
}

test('every picture and link of the extension page has a whole address in the repository', async () => {
  await using temporary = await temporaryFolder('readme', testFolder);
  const extension = await install(temporary.path);
  const [name = ''] = (await readdir(extension)).filter((file) => file.toLowerCase() === 'readme.md');
  const readme = await readFile(join(extension, name), 'utf8');
  const home = await repositoryOf(extension);
  const links = [...readme.matchAll(/(!?)\[[^\]]*\]\(([^#)][^)]*)\)/g)];
  assert.ok(links.length > 0);
  for (const [, mark, address = ''] of links) {
    assert.ok(address.startsWith(mark === '!' ? `${home}/raw/HEAD/media/` : `${home}/`), address);
  }
});

test("VS Code's page of the extension shows its pictures, as the repository has them", async () => {
  const pictures = `${await repositoryOf(projectRoot)}/raw/HEAD/`;
  await inWorkbench('extension-page', {}, async (workbench) => {
    const { page } = workbench;
    // Stands in for the published repository.
    await page.route(`${pictures}**`, (route) =>
      route.fulfill({ path: join(projectRoot, route.request().url().slice(pictures.length)) }),
    );
    await workbench.runCommand('Extensions: Show Installed Extensions');
    await page.locator('.extension-list-item', { hasText: 'KMS Grants for AWS' }).first().click();
    const widths = await eventually('the pictures of the page', async () => {
      for (const frame of page.frames()) {
        const images = await frame
          .locator(`img[src^="${pictures}"]`)
          .evaluateAll((all) => all.map((image) => (image as { readonly naturalWidth?: number }).naturalWidth ?? 0))
          .catch(() => []);
        if (images.length > 0 && images.every((width) => width > 0)) {
          return images;
        }
      }
      return undefined;
    });
    const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
    assert.equal(widths.length, [...readme.matchAll(/!\[/g)].length);
    await workbench.screenshot('extension-page');
  });
});

test('what is installed holds the licence of every package that is bundled', async () => {
  await using temporary = await temporaryFolder('package', testFolder);
  const dist = join(await install(temporary.path), 'dist');
  const licenses = await readFile(join(dist, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
  const { outputs }: { outputs: Record<string, { inputs: object }> } = JSON.parse(
    await readFile(join(projectRoot, 'dist/metafile.json'), 'utf8'),
  );
  const names = new Set(
    Object.values(outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  const listed = new Set([...licenses.matchAll(/^(\S+) \d+\.\d+\.\S+ \(.+?\)/gm)].map(([, name]) => name));
  assert.ok(names.has('@aws-sdk/client-kms'));
  assert.deepEqual(
    [...names].filter((name) => !listed.has(name)),
    [],
  );
  assert.match(licenses, /Apache License\n\s+Version 2\.0/);
  assert.match(licenses, /Permission is hereby granted, free of charge/);
});
