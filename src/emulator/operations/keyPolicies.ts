import type { Key } from '../account.ts';
import { accessDenied, notFound } from '../errors.ts';
import { type Call, keyFor, type Operation } from '../kms.ts';
import { OrderedMap } from '../orderedMap.ts';
import { readPage } from '../paging.ts';
import { keyIdRules, pageInput, pageOutput } from './members.ts';

/** The name of AWS RAM's policy. The key policy is called `default`. */
const sharingPolicyName = 'AWS_RAM';

export const getKeyPolicy: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const name = input.string('PolicyName', { max: 128, pattern: /^\w+$/ }) ?? 'default';
  input.check();
  const key = ownKey(call, reference);
  const policies = new Map([
    ['default', key.policy],
    [sharingPolicyName, key.sharingPolicy],
  ]);
  const policy = policies.get(name);
  if (policy === undefined) {
    throw notFound('No such policy exists');
  }
  return { Policy: policy, PolicyName: name };
};

export const listKeyPolicies: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  pageInput(input, { byDefault: 100, max: 1000 });
  input.check();
  const { sharingPolicy } = ownKey(call, reference);
  return { PolicyNames: ['default', ...(sharingPolicy === undefined ? [] : [sharingPolicyName])], Truncated: false };
};

export const listResourceTags: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const paging = pageInput(input, { byDefault: 50, max: 50 });
  input.check();
  const key = ownKey(call, reference);
  const tags = new OrderedMap<Key['tags'][number]>();
  for (const tag of key.tags) {
    tags.set(tag.key, tag);
  }
  const page = readPage(tags, { ...paging, scope: `ListResourceTags ${key.id}`, scanLimit: kms.scanLimit });
  return pageOutput('Tags', page, ({ key: TagKey, value: TagValue }) => ({ TagKey, TagValue }));
};

/** A key of this account: another account can't read its policies and tags. @throws AccessDeniedException */
export function ownKey(call: Call, reference: string): Key {
  const key = keyFor(call, reference);
  if (key.accountId !== call.kms.account.id) {
    throw accessDenied(call.principalArn, `kms:${call.operation}`, key.arn, 'resource-based policy');
  }
  return key;
}
