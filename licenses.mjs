// The licences of the packages that a build bundles, as the file that ships with them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @param metafile esbuild's, whose inputs are relative to `root`
 * @returns packages by name, those of one licence text together
 * @throws when there is no licence to show for a package, with the names of all such packages
 */
export function thirdPartyLicenses(metafile, root = '.') {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input) ?? []));
  const packages = [...folders].map((folder) => readPackage(join(root, folder))).sort(byName);
  const unlicensed = packages.filter(({ license, text }) => typeof license !== 'string' || text === '');
  if (unlicensed.length > 0) {
    throw new Error(`No licence text for ${unlicensed.map(({ name }) => name).join(', ')}.`);
  }
  return [...new Set(packages.map(({ text }) => text))]
    .map((text) => {
      const headings = packages.filter((one) => one.text === text).map(heading);
      return `${headings.join('\n')}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}

const heading = ({ name, version, license, textOf }) =>
  `${name} ${version} (${license})${textOf ? `, which has no licence text of its own: this is that of ${textOf}` : ''}`;

const byName = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : Number(a.version > b.version) * 2 - 1);

/** A package without a licence text takes that of one of its publisher's, of the same scope and under the same licence. */
function readPackage(folder) {
  const own = { ...manifestOf(folder), text: licenseText(folder) };
  if (own.text !== '' || !own.name.startsWith('@')) {
    return own;
  }
  const scope = dirname(folder);
  const sibling = readdirSync(scope)
    .sort()
    .map((name) => join(scope, name))
    .find((other) => licenseText(other) !== '' && manifestOf(other).license === own.license);
  return sibling ? { ...own, text: licenseText(sibling), textOf: manifestOf(sibling).name } : own;
}

function manifestOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { name, version, license };
}

function licenseText(folder) {
  return readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n');
}
