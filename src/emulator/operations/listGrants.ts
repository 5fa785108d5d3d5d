import type { Key, StoredGrant } from '../account.ts';
import { accessDenied, invalidPrincipal } from '../errors.ts';
import { authorize, keyFor, type Operation } from '../kms.ts';
import { OrderedMap } from '../orderedMap.ts';
import { readPage } from '../paging.ts';
import { isGrantablePrincipal, parseArn } from '../principals.ts';
import { isVisible } from '../replicas.ts';
import { epochSeconds } from '../time.ts';
import {
  checkGrantId,
  exactlyOne,
  grantIdRules,
  keyIdRules,
  pageInput,
  pageOutput,
  principalRules,
  servicePrincipalRules,
} from './members.ts';

export const listGrants: Operation = (call) => {
  const { input, kms, now } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const grantId = input.string('GrantId', grantIdRules);
  const grantee = input.string('GranteePrincipal', principalRules);
  const service = input.string('GranteeServicePrincipal', servicePrincipalRules);
  const paging = pageInput(input, { byDefault: 50, max: 100 });
  input.check();
  const key = keyFor(call, reference);
  if (grantId !== undefined) {
    checkGrantId(grantId);
  }
  const replica = kms.replicas.pick();
  const all = kms.account.grantsOf(key.id);
  const page = readPage(grantId === undefined ? all : only(all.get(grantId)), {
    ...paging,
    scope: JSON.stringify(['ListGrants', key.id, grantId, grantee, service]),
    scanLimit: kms.scanLimit,
    matches: (stored) =>
      isVisible(stored, replica, now) &&
      (grantee === undefined || stored.grant.granteePrincipal === grantee) &&
      (service === undefined || stored.grant.granteeServicePrincipal === service),
  });
  return pageOutput('Grants', page, (stored) => grantEntry(key, stored));
};

export const listRetirableGrants: Operation = (call) => {
  const { input, kms, now } = call;
  const principal = input.string('RetiringPrincipal', principalRules);
  const service = input.string('RetiringServicePrincipal', servicePrincipalRules);
  const paging = pageInput(input, { byDefault: 50, max: 100 });
  input.check();
  const retiring = exactlyOne('RetiringPrincipal', principal, 'RetiringServicePrincipal', service);
  const replica = kms.replicas.pick();
  authorize(call);
  if (principal !== undefined) {
    if (!isGrantablePrincipal(principal)) {
      throw invalidPrincipal(principal);
    }
    if (parseArn(principal)?.accountId !== kms.account.id) {
      throw accessDenied(call.principalArn, 'kms:ListRetirableGrants', '*', 'identity-based policy');
    }
  }
  const page = readPage(kms.account.retirableBy(retiring), {
    ...paging,
    scope: JSON.stringify(['ListRetirableGrants', retiring]),
    scanLimit: kms.scanLimit,
    matches: (stored) => isVisible(stored, replica, now) && kms.account.keys.has(stored.grant.keyId),
  });
  return pageOutput('Grants', page, (stored) => grantEntry(kms.account.keys.get(stored.grant.keyId), stored));
};

function only(stored: StoredGrant | undefined): OrderedMap<StoredGrant> {
  const list = new OrderedMap<StoredGrant>();
  if (stored) {
    list.set(stored.grant.id, stored);
  }
  return list;
}

/** A GrantListEntry. KeyId is the key's ARN; JSON leaves out the undefined members. */
function grantEntry(key: Key | undefined, { grant }: StoredGrant) {
  const { constraints } = grant;
  return {
    KeyId: key?.arn ?? grant.keyId,
    GrantId: grant.id,
    Name: grant.name,
    CreationDate: epochSeconds(grant.createdAt),
    GranteePrincipal: grant.granteePrincipal,
    GranteeServicePrincipal: grant.granteeServicePrincipal,
    RetiringPrincipal: grant.retiringPrincipal,
    RetiringServicePrincipal: grant.retiringServicePrincipal,
    IssuingAccount: grant.issuingAccount,
    Operations: grant.operations,
    Constraints: constraints && {
      EncryptionContextSubset: constraints.encryptionContextSubset,
      EncryptionContextEquals: constraints.encryptionContextEquals,
      SourceArn: constraints.sourceArn,
    },
  };
}
