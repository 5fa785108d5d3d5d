import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';
import { build } from 'esbuild';
import type * as AwsRoom from '../../../src/aws/index.ts';
import { createWorld, failure, never, profileAt, serve, stsFailure } from './support.ts';

test('the minified bundle tells failures apart, bounds processes, has one reader of the files, and stays small', async (t) => {
  const server = await serve(t, ({ operation }) =>
    operation === 'GetCallerIdentity'
      ? stsFailure('ExpiredToken', 'Old')
      : failure('NotFoundException', 'Invalid arn us-east-1'),
  );
  const { home } = await createWorld(t, {
    config: `${profileAt(server.url)}[profile process]\ncredential_process = sh -c "echo sealed >&2 && exit 3"\n`,
  });
  const outfile = join(home, 'aws.cjs');
  const { metafile } = await build({
    entryPoints: ['src/aws/index.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    mainFields: ['module', 'main'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const { createAws } = createRequire(import.meta.url)(outfile) as typeof AwsRoom;
  const aws = createAws({
    env: process.env,
    log: () => undefined,
    sample: () => Promise.reject(new Error('No sample here.')),
    mfaCode: async () => undefined,
    mayRunProcesses: () => true,
  });
  const { api, close } = await aws.open({ kind: 'profile', profile: 'default', region: 'eu-west-1' });
  t.after(close);
  await assert.rejects(api.listKeys(undefined, never), (error: Error) => hasKind(error, 'wrongRegion'));
  await assert.rejects(api.callerIdentity(never), (error: Error) => hasKind(error, 'expiredToken'));
  await assert.rejects(api.listKeys(undefined, AbortSignal.abort()), { name: 'AbortError' });

  const byProcess = await aws.open({ kind: 'profile', profile: 'process', region: 'eu-west-1' });
  t.after(byProcess.close);
  await assert.rejects(
    byProcess.api.listKeys(undefined, never),
    (error: Error) => hasKind(error, 'processFailed') && error.message === 'It ended with 3. sealed',
  );

  const output = Object.values(metafile.outputs)[0];
  assert.ok(output !== undefined);
  const readers = Object.keys(output.inputs).filter((path) => path.endsWith('shared-ini-file-loader/readFile.js'));
  assert.equal(readers.length, 1);
  t.diagnostic(`${output.bytes} bytes`);
  assert.ok(output.bytes < 560_000, `${output.bytes} bytes`);
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
