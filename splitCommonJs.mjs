// Bundles that share what they have in common, as CommonJS.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { transform } from 'esbuild';

/**
 * esbuild splits ES modules only, and at each import(). So packages' own ones become require(), and what comes out becomes
 * CommonJS.
 *
 * @param options esbuild's, of bundles to be written as CommonJS; `chunkNames` is the file of what they have in common
 */
export function splitCommonJs({ sourcemap = false, supported = {}, plugins = [], ...options }) {
  const { target, platform, minify, legalComments, charset } = options;
  const map = sourcemap && 'inline';
  const plugin = {
    name: 'split-common-js',
    setup(pluginBuild) {
      pluginBuild.onLoad({ filter: /node_modules[\\/].*\.js$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replace(
          /\bimport\((["'][^"']+["'])\)/g,
          'Promise.resolve().then(() => require($1))',
        ),
      }));
      pluginBuild.onEnd(async ({ outputFiles = [] }) => {
        for (const { path, text } of outputFiles) {
          const { code } = await transform(text, {
            format: 'cjs',
            target,
            platform,
            minify,
            legalComments,
            charset,
            supported,
            sourcemap: map,
          });
          mkdirSync(dirname(path), { recursive: true });
          writeFileSync(path, code);
        }
      });
    },
  };
  return { ...options, format: 'esm', splitting: true, write: false, sourcemap: map, plugins: [...plugins, plugin] };
}
