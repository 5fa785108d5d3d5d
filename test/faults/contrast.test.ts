import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { iconColors } from '../../src/views/shared/row.ts';

type Kind = 'dark' | 'light' | 'highContrast' | 'highContrastLight';

/** VS Code's own themes, by their files. Newer versions have two more. */
const themes: readonly (readonly [file: string, kind: Kind])[] = [
  ['light_modern.json', 'light'],
  ['dark_modern.json', 'dark'],
  ['hc_black.json', 'highContrast'],
  ['hc_light.json', 'highContrastLight'],
  ['2026-light.json', 'light'],
  ['2026-dark.json', 'dark'],
];

type Defaults = Readonly<Record<Kind, string>>;

/**
 * What a theme does not set, from the registry of colors of VS Code: `src/vs/platform/theme/common/colors`, and of the side
 * bar `src/vs/workbench/common/theme.ts`. Where versions differ, the paler one.
 */
const registry: Readonly<Record<string, Defaults>> = {
  'sideBar.background': {
    dark: '#252526',
    light: '#F3F3F3',
    highContrast: '#000000',
    highContrastLight: '#FFFFFF',
  },
  'problemsErrorIcon.foreground': {
    dark: '#F14C4C',
    light: '#E51400',
    highContrast: '#F48771',
    highContrastLight: '#B5200D',
  },
  'problemsWarningIcon.foreground': {
    dark: '#CCA700',
    light: '#BF8803',
    highContrast: '#FFD370',
    highContrastLight: '#895503',
  },
  'problemsInfoIcon.foreground': {
    dark: '#3794FF',
    light: '#1A85FF',
    highContrast: '#3794FF',
    highContrastLight: '#1A85FF',
  },
  // The foreground at 70 %; of light themes, a color of its own.
  descriptionForeground: {
    dark: '#CCCCCCB3',
    light: '#717171',
    highContrast: '#FFFFFFB3',
    highContrastLight: '#292929B3',
  },
  ...Object.fromEntries(
    (
      JSON.parse(readFileSync('package.json', 'utf8')) as {
        readonly contributes: { readonly colors: readonly { readonly id: string; readonly defaults: Defaults }[] };
      }
    ).contributes.colors.map(({ id, defaults }) => [id, defaults]),
  ),
};

const root = '.vscode-test';
const folders = (existsSync(root) ? readdirSync(root) : [])
  .filter((name) => name.startsWith('vscode-'))
  .map((name) => join(root, name, 'node_modules/code-server/lib/vscode/extensions/theme-defaults/themes'))
  .filter((folder) => existsSync(folder));

type Colors = Readonly<Record<string, string>>;

/** The colors of a theme, with those of the one that it includes. */
function colorsOf(file: string): Colors {
  const { include, colors = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly include?: string;
    readonly colors?: Colors;
  };
  return include === undefined ? colors : { ...colorsOf(join(dirname(file), include)), ...colors };
}

/** As a default, a color can name another. */
function resolve(id: string, kind: Kind, colors: Colors): string {
  const color = colors[id] ?? registry[id]?.[kind] ?? assert.fail(`No default of ${id} is known.`);
  return color.startsWith('#') ? color : resolve(color, kind, colors);
}

type Rgb = readonly [red: number, green: number, blue: number];

function rgbOf(color: string): { readonly rgb: Rgb; readonly alpha: number } {
  assert.match(color, /^#(?:[\da-f]{6}|[\da-f]{8})$/i);
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  return { rgb: [part(1), part(3), part(5)], alpha: color.length === 9 ? part(7) / 255 : 1 };
}

/** WCAG 2.2, "relative luminance". */
function luminance([red, green, blue]: Rgb): number {
  const linear = (value: number) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** WCAG 2.2, "contrast ratio". */
function contrast(color: string, background: string): number {
  const { rgb: behind } = rgbOf(background);
  const { rgb, alpha } = rgbOf(color);
  const mixed = rgb.map((value, index) => alpha * value + (1 - alpha) * (behind[index] ?? 0));
  const [red = 0, green = 0, blue = 0] = mixed;
  const [low = 0, high = 0] = [luminance([red, green, blue]), luminance(behind)].sort((left, right) => left - right);
  return (high + 0.05) / (low + 0.05);
}

test('the ratio is that of WCAG', () => {
  assert.equal(contrast('#FFFFFF', '#000000'), 21);
  assert.equal(contrast('#777777', '#FFFFFF').toFixed(2), '4.48');
  assert.equal(contrast('#00000000', '#FFFFFF'), 1);
});

const skip = folders.length === 0 && 'No VS Code is provisioned in .vscode-test.';

test("each color of an icon stands out from the side bar in VS Code's own themes, by 3:1 at least", { skip }, () => {
  let seen = 0;
  for (const folder of folders) {
    for (const [file, kind] of themes) {
      const path = join(folder, file);
      if (!existsSync(path)) {
        continue;
      }
      seen += 1;
      const colors = colorsOf(path);
      for (const id of Object.values(iconColors)) {
        const [color, background] = [resolve(id, kind, colors), resolve('sideBar.background', kind, colors)];
        const ratio = contrast(color, background);
        assert.ok(ratio >= 3, `${file}: ${id} ${color} on ${background} is ${ratio.toFixed(2)}:1`);
      }
    }
  }
  assert.ok(seen >= 4 * folders.length, 'A theme is missing.');
});

test('no icon has a color from elsewhere', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const uses = files.flatMap((file) =>
    [...readFileSync(join('src', file), 'utf8').matchAll(/new vscode\.ThemeColor\(([^)]*)\)/g)].map(([, id]) => id),
  );
  // The background of the status bar item is no icon.
  assert.deepEqual(uses.sort(), ["'statusBarItem.warningBackground'", 'iconColors[tone]']);
});
