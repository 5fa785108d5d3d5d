import type { Grant, KeyMetadata, KmsKey, PrincipalRef } from './model.ts';

/**
 * Grants and keys as the AWS CLI prints them, with AWS's field names. Absent fields stay absent. Dates are ISO 8601.
 */
type AwsJson = Readonly<Record<string, unknown>>;

/** GrantListEntry. */
export function grantAsAwsJson(grant: Grant): AwsJson {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  const constraints = withoutUndefined({
    EncryptionContextSubset: encryptionContextSubset,
    EncryptionContextEquals: encryptionContextEquals,
    SourceArn: sourceArn,
  });
  return withoutUndefined({
    KeyId: grant.keyArn,
    GrantId: grant.grantId,
    Name: grant.name,
    CreationDate: grant.creationDate?.toISOString(),
    ...principal('GranteePrincipal', 'GranteeServicePrincipal', grant.granteePrincipal),
    ...principal('RetiringPrincipal', 'RetiringServicePrincipal', grant.retiringPrincipal),
    IssuingAccount: grant.issuingAccount,
    Operations: grant.operations,
    Constraints: Object.keys(constraints).length === 0 ? undefined : constraints,
  });
}

/** KeyMetadata, plus the key's aliases. Only the list fields if the key was not described. */
export function keyAsAwsJson(key: KmsKey, metadata: KeyMetadata | undefined): AwsJson {
  return withoutUndefined({
    KeyId: key.keyId,
    Arn: key.arn,
    Aliases: key.aliases,
    AWSAccountId: metadata?.account,
    Description: metadata?.description,
    KeyState: metadata?.state,
    KeyManager: metadata?.manager,
    KeyUsage: metadata?.usage,
    KeySpec: metadata?.spec,
    Origin: metadata?.origin,
    MultiRegion: metadata?.multiRegion,
    CreationDate: metadata?.creationDate?.toISOString(),
    DeletionDate: metadata?.deletionDate?.toISOString(),
    ...metadata?.otherFields,
  });
}

function principal(name: string, serviceName: string, ref: PrincipalRef | undefined): AwsJson {
  return ref === undefined ? {} : { [ref.kind === 'servicePrincipal' ? serviceName : name]: ref.value };
}

function withoutUndefined(fields: AwsJson): AwsJson {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
