import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import type * as AwsLayer from '../../../src/aws/index.ts';
import { projectRoot } from '../../host/project.ts';
import { createWorld, failure, never, profileAt, serve, stsFailure } from './support.ts';

/** As the product is built. */
const project = (file: string): Promise<unknown> => import(pathToFileURL(join(projectRoot, file)).href);
const { splitCommonJs } = (await project('splitCommonJs.mjs')) as {
  splitCommonJs(options: BuildOptions): BuildOptions;
};
const { separateBundles } = (await project('separateBundles.mjs')) as { separateBundles: Plugin };

test('the minified bundle distinguishes failures, bounds processes, has one reader of the files, and stays small', async (t) => {
  const server = await serve(t, ({ operation }) =>
    operation === 'GetCallerIdentity' || operation === 'GetRole'
      ? stsFailure(operation === 'GetRole' ? 'NoSuchEntity' : 'ExpiredToken', 'Old')
      : failure('NotFoundException', 'Invalid arn us-east-1'),
  );
  const { home } = await createWorld(t, {
    config: `${profileAt(server.url)}[profile process]\ncredential_process = echo sealed >&2 && exit 3\n`,
  });
  const options = {
    outdir: home,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  } satisfies BuildOptions;
  const [ofFiles, ofSdk] = await Promise.all([
    build({ ...options, entryPoints: { aws: 'src/aws/index.ts' }, plugins: [separateBundles] }),
    build(
      splitCommonJs({
        ...options,
        entryPoints: { awsClient: 'src/aws/opening.ts', evidence: 'src/aws/evidence.ts' },
        chunkNames: 'awsShared',
      }),
    ),
  ]);
  const { createAws } = createRequire(import.meta.url)(join(home, 'aws.js')) as typeof AwsLayer;
  const aws = createAws({
    env: process.env,
    log: () => undefined,
    sample: () => Promise.reject(new Error('No sample here.')),
    mfaCode: async () => undefined,
    mayRunProcesses: () => true,
  });
  const { api, evidence, close } = await aws.open({ kind: 'profile', profile: 'default', region: 'eu-west-1' });
  t.after(close);
  await assert.rejects(api.listKeys(undefined, never), (error: Error) => hasKind(error, 'wrongRegion'));
  await assert.rejects(api.callerIdentity(never), (error: Error) => hasKind(error, 'expiredToken'));
  await assert.rejects(api.listKeys(undefined, AbortSignal.abort()), { name: 'AbortError' });
  assert.equal(await (await evidence()).getRole('app', never), undefined);

  const byProcess = await aws.open({ kind: 'profile', profile: 'process', region: 'eu-west-1' });
  t.after(byProcess.close);
  await assert.rejects(
    byProcess.api.listKeys(undefined, never),
    (error: Error) => hasKind(error, 'processFailed') && error.message === 'It ended with exit code 3. sealed',
  );

  const outputs = { ...ofFiles.metafile?.outputs, ...ofSdk.metafile?.outputs };
  const files = Object.entries(outputs).map(([path, { bytes, inputs }]) => ({
    name: basename(path),
    bytes,
    inputs,
  }));
  const readers = files
    .flatMap(({ inputs }) => Object.keys(inputs))
    .filter((path) => path.endsWith('shared-ini-file-loader/readFile.js'));
  assert.equal(readers.length, 1);
  const bytesOf = (name: string) => files.find((file) => file.name === name)?.bytes ?? assert.fail(name);
  t.diagnostic(files.map(({ name, bytes }) => `${name} ${bytes}`).join(', '));
  assert.equal(files.length, 4);
  assert.ok(bytesOf('aws.js') < 40_000);
  assert.ok(bytesOf('awsClient.js') + bytesOf('awsShared.js') < 440_000);
  assert.ok(bytesOf('evidence.js') < 80_000);
});

function hasKind(error: Error, kind: string): boolean {
  const details: unknown = Reflect.get(error, 'details');
  return (
    error.name === 'KmsError' &&
    typeof details === 'object' &&
    details !== null &&
    Reflect.get(details, 'kind') === kind
  );
}
