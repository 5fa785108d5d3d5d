import type { Alias, Key } from '../account.ts';
import { authorize, type Kms, keyFor, type Operation } from '../kms.ts';
import { OrderedMap } from '../orderedMap.ts';
import { readPage } from '../paging.ts';
import { epochSeconds } from '../time.ts';
import { keyIdRules, pageInput, pageOutput } from './members.ts';

/** The values of ResourceOwnersType in the KMS API. */
const resourceOwners: readonly string[] = ['SELF', 'OTHER_ACCOUNTS_VIA_RAM'];

export const listKeys: Operation = (call) => {
  const { input, kms } = call;
  const paging = pageInput(input, { byDefault: 100, max: 1000 });
  const owners = input.strings('ResourceOwners', { max: 64 });
  input.oneOf('ResourceOwners', owners ?? [], resourceOwners);
  input.check();
  authorize(call);
  const page = readPage(kms.account.keys, {
    ...paging,
    scope: JSON.stringify(['ListKeys', [...new Set(owners)].sort()]),
    scanLimit: kms.scanLimit,
    // A key of another account can be used by its ARN, but is listed only if AWS RAM shares it.
    matches: ({ accountId, sharingPolicy }) =>
      accountId === kms.account.id
        ? (owners ?? ['SELF']).includes('SELF')
        : sharingPolicy !== undefined && (owners ?? []).includes('OTHER_ACCOUNTS_VIA_RAM'),
  });
  return pageOutput('Keys', page, (key) => ({ KeyId: key.id, KeyArn: key.arn }));
};

export const listAliases: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.string('KeyId', keyIdRules);
  const paging = pageInput(input, { byDefault: 50, max: 100 });
  input.check();
  authorize(call);
  const key = reference === undefined ? undefined : keyFor(call, reference);
  const page = readPage(key ? aliasesOf(kms, key) : kms.account.aliases, {
    ...paging,
    scope: `ListAliases ${key?.id ?? ''}`,
    scanLimit: kms.scanLimit,
  });
  return pageOutput('Aliases', page, (alias) => ({
    AliasName: alias.name,
    AliasArn: kms.account.kmsArn(alias.name),
    TargetKeyId: alias.targetKeyId,
    CreationDate: epochSeconds(alias.createdAt),
    LastUpdatedDate: epochSeconds(alias.updatedAt),
  }));
};

function aliasesOf(kms: Kms, key: Key): OrderedMap<Alias> {
  const aliases = new OrderedMap<Alias>();
  for (const alias of kms.account.aliases.values()) {
    if (alias.targetKeyId === key.id) {
      aliases.set(alias.name, alias);
    }
  }
  return aliases;
}
