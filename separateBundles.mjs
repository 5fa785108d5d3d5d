/** The bundle of each file that is loaded by import(). */
const bundles = {
  './firstRows.ts': 'firstRows',
  './product.ts': 'product',
  './aws/index.ts': 'aws',
  './opening.ts': 'awsClient',
  './commands/index.ts': 'commands',
  './core/evidence/index.ts': 'grantEvidence',
  './baseline/index.ts': 'baseline',
  './pages/index.ts': 'pages',
  './terraform/index.ts': 'terraform',
  './emulator/index.ts': 'emulator',
};

/** For esbuild: what is loaded by import() is a bundle of its own. */
export const separateBundles = {
  name: 'separate-bundles',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' && path in bundles ? { path: `./${bundles[path]}.js`, external: true } : undefined,
    );
  },
};
