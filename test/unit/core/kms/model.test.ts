import assert from 'node:assert/strict';
import test from 'node:test';
import { systemClock } from '../../../../src/core/base/clock.ts';
import {
  accountOfArn,
  type ConnectionRef,
  connectionId,
  grantIdentity,
  isAwsManaged,
  keyLabel,
} from '../../../../src/core/kms/model.ts';
import { connectionName } from '../../../../src/core/words/describe.ts';
import { grant, key, keyArnOf, metadata, profileRef } from '../fakes.ts';

test('two connections have the same ID only when profile and Region are the same', () => {
  const refs: ConnectionRef[] = [
    profileRef,
    { kind: 'profile', profile: 'dev', region: 'us-east-1' },
    { kind: 'profile', profile: 'prod', region: 'eu-west-1' },
    { kind: 'environment', region: 'eu-west-1' },
    { kind: 'environment', region: 'us-east-1' },
    { kind: 'profile', profile: 'environment', region: 'eu-west-1' },
    { kind: 'sample' },
  ];
  assert.equal(new Set(refs.map(connectionId)).size, refs.length);
  assert.equal(connectionId({ ...profileRef }), connectionId(profileRef));
});

test('a grant is the same on a row and in the history, and another on another connection, key or ID', () => {
  const place = { connection: profileRef, key: key('k1'), grant: grant('g1') };
  const identity = grantIdentity(place);
  assert.equal(grantIdentity({ ...place, connection: { id: connectionId(profileRef) } }), identity);
  for (const other of [{ connection: { kind: 'sample' } as const }, { key: key('k2') }, { grant: grant('g2') }]) {
    assert.notEqual(grantIdentity({ ...place, ...other }), identity);
  }
});

test('a connection is called by its profile, made safe to show, or by what it is', () => {
  assert.equal(connectionName({ kind: 'profile', profile: 'dev\u202E', region: 'eu-west-1' }), 'dev\\u{202e}');
  assert.equal(connectionName({ kind: 'environment', region: 'eu-west-1' }), 'Environment');
  assert.equal(connectionName({ kind: 'sample' }), 'Sample data');
});

test('a key is called by its first alias without the prefix, or by its ID', () => {
  assert.equal(keyLabel(key('k1', 'alias/app', 'alias/zebra')), 'app');
  assert.equal(keyLabel(key('k1', 'alias/aws/ebs')), 'aws/ebs');
  assert.equal(keyLabel(key('k1', 'odd')), 'odd');
  assert.equal(keyLabel(key('k1')), 'k1');
});

test('AWS manages a key with a reserved alias, or one of which KMS says so', () => {
  const { arn } = key();
  assert.equal(isAwsManaged(key('k1', 'alias/aws/ebs'), undefined), true);
  assert.equal(isAwsManaged(key('k1'), metadata(arn, { manager: 'AWS' })), true);
  assert.equal(isAwsManaged(key('k1', 'alias/app'), metadata(arn)), false);
  assert.equal(isAwsManaged(key('k1', 'alias/aws'), undefined), false);
  assert.equal(isAwsManaged(key('k1'), undefined), false);
});

test('the account of a key is the one that its ARN names', () => {
  assert.equal(accountOfArn(keyArnOf('k1')), '111122223333');
  assert.equal(accountOfArn('arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/k1'), '444455556666');
  assert.equal(accountOfArn('arn:aws:kms:eu-west-1:1111:key/k1'), undefined);
  assert.equal(accountOfArn('k1'), undefined);
});

test('the real clock has the time, and wakes whoever sleeps on it', async () => {
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
  const controller = new AbortController();
  await systemClock.sleep(0, controller.signal);
  controller.abort();
});

test('aborting ends a sleep of the real clock at once, before and during it', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(3_600_000, controller.signal);
  controller.abort();
  await assert.rejects(sleep, { name: 'AbortError' });
  await assert.rejects(systemClock.sleep(3_600_000, controller.signal), { name: 'AbortError' });
});
