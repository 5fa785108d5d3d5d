import type { Account } from './account.ts';
import { partnerAccount } from './sampleGrants.ts';

/**
 * The console's default: IAM policies of the account decide, and key users may create grants only for AWS services.
 * @param users roles that may use the key by this policy, such as `role/app`
 */
export function customerPolicy(account: Account, users: readonly string[]): string {
  const principals = users.map((user) => account.iamArn(user));
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-consolepolicy-3',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: account.rootArn },
          Action: 'kms:*',
          Resource: '*',
        },
        ...(users.length === 0
          ? []
          : [
              {
                Sid: 'Allow use of the key',
                Effect: 'Allow',
                Principal: { AWS: principals },
                Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
                Resource: '*',
              },
            ]),
        {
          Sid: 'Allow attachment of persistent resources',
          Effect: 'Allow',
          Principal: { AWS: users.length === 0 ? account.iamArn('role/Developers') : principals },
          Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
          Resource: '*',
          Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        },
      ],
    },
    null,
    2,
  );
}

/** AWS RAM's policy on a key that is shared with a partner. */
export function sharingPolicy(): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: partnerAccount },
          Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

/** AWS's policy on AWS managed keys: the account may read them and revoke their grants. */
export function managedPolicy(account: Account): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'auto-service-1',
      Statement: [
        {
          Sid: 'Allow direct access to key metadata to the account',
          Effect: 'Allow',
          Principal: { AWS: account.rootArn },
          Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}
