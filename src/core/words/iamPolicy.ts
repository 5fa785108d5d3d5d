/** What an IAM policy is for: each includes the ones before. */
export type PolicyPurpose = 'read' | 'revoke' | 'evidence';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string;
}

const keys = 'arn:aws:kms:*:111122223333:key/*';

const statements: Readonly<Record<PolicyPurpose, readonly Statement[]>> = {
  read: [
    allow('ListKeysAndAliases', ['kms:ListKeys', 'kms:ListAliases'], '*'),
    allow('ReadKeysAndGrants', ['kms:DescribeKey', 'kms:ListGrants'], keys),
  ],
  revoke: [allow('RevokeGrants', ['kms:RevokeGrant'], keys)],
  evidence: [
    allow('EvidenceOnKeys', ['kms:GetKeyLastUsage', 'kms:GetKeyPolicy'], keys),
    allow(
      'EvidenceOnCreatorsAndGrantees',
      [
        'cloudtrail:LookupEvents',
        'iam:GetRole',
        'iam:GetUser',
        'iam:ListRoles',
        'iam:ListUsers',
        'iam:GetAccountAuthorizationDetails',
      ],
      '*',
    ),
  ],
};

/** A policy with exactly these parts, as JSON. The README has the same statements. */
export function iamPolicy(purposes: readonly PolicyPurpose[]): string {
  return JSON.stringify(
    { Version: '2012-10-17', Statement: purposes.flatMap((purpose) => statements[purpose]) },
    undefined,
    2,
  );
}

function allow(sid: string, actions: readonly string[], resource: string): Statement {
  return { Sid: sid, Effect: 'Allow', Action: actions, Resource: resource };
}
