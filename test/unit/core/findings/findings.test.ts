import assert from 'node:assert/strict';
import test from 'node:test';
import { duplicatesIn } from '../../../../src/core/findings/duplicates.ts';
import {
  defaultFindingOptions,
  type FindingKind,
  findingKinds,
  findingTitle,
} from '../../../../src/core/findings/finding.ts';
import {
  type FindingContext,
  findingsOf,
  findingsOfKey,
  grantQuota,
  managerText,
} from '../../../../src/core/findings/findings.ts';
import type { Grant, KeyMetadata } from '../../../../src/core/kms/model.ts';
import { grant, key, keyArnOf, metadata, noConstraints } from '../fakes.ts';

const account = '111122223333';
const now = Date.UTC(2026, 10, 24);
const day = 24 * 60 * 60_000;

const context = (fields: Partial<KeyMetadata> = {}, more: Partial<FindingContext> = {}): FindingContext => ({
  options: defaultFindingOptions,
  key: key('k1', 'alias/orders'),
  metadata: metadata(keyArnOf('k1'), fields),
  now,
  ...more,
});

const held = (value: string): Partial<Grant> => ({ granteePrincipal: { kind: 'principal', value } });

/** A grant that there is nothing to say about. */
const clean = (grantId = 'g1', fields: Partial<Grant> = {}): Grant =>
  grant(grantId, {
    retiringPrincipal: { kind: 'principal', value: `arn:aws:iam::${account}:role/adminRole` },
    constraints: { ...noConstraints, encryptionContextSubset: { Department: 'IT' } },
    ...fields,
  });

const kindsOf = (one: Grant, of: FindingContext = context()) => findingsOf(one, of).map(({ kind }) => kind);

interface Row {
  readonly what: string;
  readonly grant: Grant;
  readonly metadata?: Partial<KeyMetadata>;
  readonly kinds: readonly FindingKind[];
}

const table: readonly Row[] = [
  { what: 'a grant with a retiring principal and an encryption context', grant: clean(), kinds: [] },
  { what: 'a grant to a deleted role', grant: clean('g', held('AROADBQP57FF2AEXAMPLE')), kinds: ['possiblyOrphaned'] },
  { what: 'a grant to a deleted user', grant: clean('g', held('AIDAJQABLZS4A3QDU576Q')), kinds: ['possiblyOrphaned'] },
  {
    what: 'a grant that allows CreateGrant',
    grant: clean('g', { operations: ['Decrypt', 'CreateGrant'] }),
    kinds: ['mayCreateGrants'],
  },
  {
    what: 'a grant to a role of another account',
    grant: clean('g', held('arn:aws:iam::444455556666:role/keyAdminRole')),
    kinds: ['otherAccount'],
  },
  {
    what: 'a grant to the whole account of the key',
    grant: clean('g', held(`arn:aws:iam::${account}:root`)),
    kinds: ['accountRoot'],
  },
  {
    what: 'a grant to the whole of another account',
    grant: clean('g', held('arn:aws-us-gov:iam::444455556666:root')),
    kinds: ['accountRoot', 'otherAccount'],
  },
  {
    what: 'a grant that nobody can retire',
    grant: clean('g', { retiringPrincipal: undefined }),
    kinds: ['onlyAdminsCanEnd'],
  },
  {
    what: 'a grant that its grantee can retire',
    grant: clean('g', { retiringPrincipal: undefined, operations: ['Decrypt', 'RetireGrant'] }),
    kinds: [],
  },
  {
    what: 'decryption without a constraint',
    grant: clean('g', { constraints: noConstraints }),
    kinds: ['noEncryptionContext'],
  },
  {
    what: 're-encryption without a constraint',
    grant: clean('g', { constraints: noConstraints, operations: ['ReEncryptFrom'] }),
    kinds: ['noEncryptionContext'],
  },
  {
    what: 'an empty encryption context, which constrains nothing',
    grant: clean('g', { constraints: { ...noConstraints, encryptionContextSubset: {} } }),
    kinds: ['noEncryptionContext'],
  },
  {
    what: 'encryption without a constraint',
    grant: clean('g', { constraints: noConstraints, operations: ['Encrypt', 'GenerateDataKey', 'DescribeKey'] }),
    kinds: [],
  },
  {
    what: 'decryption for one resource',
    grant: clean('g', { constraints: { ...noConstraints, sourceArn: 'arn:aws:s3:::bucket' } }),
    kinds: [],
  },
  {
    what: 'decryption with an RSA key, which knows no encryption context',
    grant: clean('g', { constraints: noConstraints }),
    metadata: { spec: 'RSA_4096' },
    kinds: [],
  },
  {
    what: 'a grant of 365 days',
    grant: clean('g', { creationDate: new Date(now - 365 * day) }),
    kinds: [],
  },
  {
    what: 'a grant of more than 365 days',
    grant: clean('g', { creationDate: new Date(now - 365 * day - 1) }),
    kinds: ['olderThan'],
  },
  { what: 'a grant of no known age', grant: clean('g', { creationDate: undefined }), kinds: [] },
  { what: 'a grant on a disabled key', grant: clean(), metadata: { state: 'Disabled' }, kinds: ['keyDisabled'] },
  {
    what: 'a grant on a key that is to be deleted',
    grant: clean(),
    metadata: { state: 'PendingDeletion' },
    kinds: ['keyPendingDeletion'],
  },
  {
    what: 'a grant on a primary key whose replicas are to be deleted',
    grant: clean(),
    metadata: { state: 'PendingReplicaDeletion' },
    kinds: ['keyPendingDeletion'],
  },
  { what: 'a grant on an unavailable key', grant: clean(), metadata: { state: 'Unavailable' }, kinds: [] },
];

for (const row of table) {
  test(`${row.what}: ${row.kinds.join(' and ') || 'nothing to say'}`, () => {
    const found = findingsOf(row.grant, context(row.metadata));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      row.kinds,
    );
    for (const { title, reason, effect } of found) {
      assert.match(title, /^[A-Z]/);
      assert.match(reason, /\.$/);
      assert.match(effect, /\.$/);
    }
    // What nobody switched on is not found.
    for (const kind of row.kinds) {
      const options = { ...defaultFindingOptions, off: new Set([kind]) };
      assert.ok(!kindsOf(row.grant, context(row.metadata, { options })).includes(kind));
    }
  });
}

test('the age that is old is the one of the settings', () => {
  const old = clean('g', { creationDate: new Date(now - 31 * day) });
  const options = { ...defaultFindingOptions, olderThanDays: 30 };
  assert.deepEqual(kindsOf(old, context({}, { options })), ['olderThan']);
  assert.match(findingsOf(old, context({}, { options }))[0]?.reason ?? '', /created 31 days ago/);
});

test('a grant of a key of which nothing is known is looked at all the same', () => {
  const found = findingsOf(clean('g', { constraints: noConstraints }), context({}, { metadata: undefined }));
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['noEncryptionContext'],
  );
});

// Duplicates

const at = (days: number) => ({ creationDate: new Date(now - days * day) });
const duplicateIds = (...grants: readonly Grant[]) => [...duplicatesIn(grants).keys()].sort();

test('of two grants alike the older is a duplicate, whatever the order of the list and of the operations', () => {
  const older = clean('older', { operations: ['Decrypt', 'Encrypt'], ...at(2) });
  const newer = clean('newer', { operations: ['Encrypt', 'Decrypt'], ...at(1) });
  assert.deepEqual(duplicateIds(older, newer), ['older']);
  assert.deepEqual(duplicateIds(newer, older), ['older']);
  assert.equal(duplicatesIn([older, newer]).get('older'), newer);
});

test('of many grants alike only the newest is kept, and of several made at once always the same one', () => {
  assert.deepEqual(duplicateIds(clean('a', at(3)), clean('c', at(1)), clean('b', at(2))), ['a', 'b']);
  assert.deepEqual(duplicateIds(clean('a', at(1)), clean('b', at(1))), ['a']);
  assert.deepEqual(duplicateIds(clean('b', at(1)), clean('a', at(1))), ['a']);
  assert.deepEqual(duplicateIds(clean('z', { creationDate: undefined }), clean('a', at(1))), ['z']);
});

test('the order of the pairs of an encryption context makes no difference', () => {
  const one = clean('a', { constraints: { ...noConstraints, encryptionContextEquals: { a: '1', b: '2' } }, ...at(2) });
  const two = clean('b', { constraints: { ...noConstraints, encryptionContextEquals: { b: '2', a: '1' } }, ...at(1) });
  assert.deepEqual(duplicateIds(one, two), ['a']);
});

const different: Readonly<Record<string, Partial<Grant>>> = {
  key: { keyArn: keyArnOf('k2') },
  operations: { operations: ['Decrypt', 'Encrypt'] },
  grantee: held(`arn:aws:iam::${account}:role/Other`),
  'kind of grantee': {
    granteePrincipal: { kind: 'servicePrincipal', value: 'arn:aws:iam::111122223333:role/app/Reader' },
  },
  'value in the encryption context': {
    constraints: { ...noConstraints, encryptionContextSubset: { Department: 'HR' } },
  },
  'kind of encryption context': { constraints: { ...noConstraints, encryptionContextEquals: { Department: 'IT' } } },
  'source ARN': {
    constraints: { ...noConstraints, encryptionContextSubset: { Department: 'IT' }, sourceArn: 'arn:aws:s3:::bucket' },
  },
  name: { name: 'another' },
};

for (const [what, fields] of Object.entries(different)) {
  test(`two grants that differ in their ${what} are no duplicates`, () => {
    assert.deepEqual(duplicateIds(clean('a', at(2)), clean('b', { ...at(1), ...fields })), []);
  });
}

test('text that looks like a separator makes no two grants alike', () => {
  const one = clean('a', { constraints: { ...noConstraints, encryptionContextEquals: { a: '1","b' } } });
  const two = clean('b', { constraints: { ...noConstraints, encryptionContextEquals: { a: '1', b: '' } } });
  assert.deepEqual(duplicateIds(one, two), []);
});

test('of a duplicate it is said which grant stays, and whether its retiring principal is another', () => {
  const older = clean('older', at(2));
  const same = findingsOfKey([older, clean('newer', at(1))], context()).of('older')[0];
  assert.equal(same?.kind, 'duplicate');
  assert.match(same?.reason ?? '', /^The newer grant newer has the same operations, grantee, encryption context, and/);
  assert.equal(same?.effect, 'The newer grant newer still allows the same.');
  const retiringPrincipal = { kind: 'principal', value: `arn:aws:iam::${account}:role/Janitor` } as const;
  const other = findingsOfKey([older, clean('newer', { ...at(1), retiringPrincipal })], context()).of('older')[0];
  assert.match(other?.effect ?? '', /but names another retiring principal\.$/);
});

test('the grant that is kept has nothing to say, and duplicates can be switched off', () => {
  const grants = [clean('older', at(2)), clean('newer', at(1))];
  assert.deepEqual(findingsOfKey(grants, context()).of('newer'), []);
  const options = { ...defaultFindingOptions, off: new Set(['duplicate'] as const) };
  assert.deepEqual(findingsOfKey(grants, context({}, { options })).of('older'), []);
});

// AWS's own

const managed: readonly [string, Grant, string][] = [
  [
    'an EC2 instance',
    clean('g', {
      ...held(`arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`),
      operations: ['CreateGrant', 'Decrypt'],
    }),
    'Amazon EC2',
  ],
  [
    'a service-linked role',
    clean('g', {
      ...held(`arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`),
      operations: ['CreateGrant'],
    }),
    'Amazon RDS',
  ],
  [
    'a service principal',
    clean('g', {
      granteePrincipal: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' },
      operations: ['CreateGrant'],
    }),
    'Amazon DynamoDB',
  ],
  [
    'a principal that KMS keeps to itself',
    clean('g', {
      ...held('AWS Internal'),
      issuingAccount: 'medical-imaging.us-east-1.amazonaws.com',
      operations: ['CreateGrant'],
    }),
    'AWS HealthImaging',
  ],
  [
    "a function's own session",
    clean('g', {
      ...held(`arn:aws:sts::${account}:assumed-role/orders-role/orders`),
      constraints: {
        ...noConstraints,
        encryptionContextEquals: {
          'aws:lambda:FunctionArn': `arn:aws:lambda:eu-west-1:${account}:function:orders`,
        },
      },
      operations: ['CreateGrant'],
    }),
    'AWS Lambda',
  ],
  [
    'a role that a service can end',
    clean('g', {
      retiringPrincipal: { kind: 'principal', value: 'rds.eu-west-1.amazonaws.com' },
      operations: ['CreateGrant'],
    }),
    'Amazon RDS',
  ],
];

for (const [what, one, service] of managed) {
  test(`a finding about a grant of ${what} is a note, and says that ${service} manages it`, () => {
    const grants = [
      { ...one, grantId: 'older', ...at(500) },
      { ...one, grantId: 'newer', ...at(1) },
    ];
    const found = findingsOfKey(grants, context()).of('older');
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['mayCreateGrants', 'olderThan'],
      'look-alikes of a service are no duplicates',
    );
    for (const { severity, managedBy, reason, effect } of found) {
      assert.deepEqual([severity, managedBy], ['info', service]);
      assert.match(reason, new RegExp(`${service} uses this grant( for .*)?\\.$`));
      assert.match(effect, /can lose access|won't be able to use/);
    }
  });
}

test('a row says who uses a grant and for what, or who manages its key', () => {
  const volume = {
    ...held(`arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`),
    constraints: { ...noConstraints, encryptionContextSubset: { 'aws:ebs:id': 'vol-1' } },
  };
  const { key: own, metadata: known } = context();
  const aws = key('k1', 'alias/aws/ebs');
  assert.equal(managerText(clean('g', volume), own, known), 'used by Amazon EC2 for volume vol-1');
  assert.equal(managerText(clean(), own, known), undefined);
  assert.equal(managerText(clean(), aws, undefined), 'managed by Amazon EBS');
  assert.equal(managerText(clean('g', held('AWS Internal')), aws, undefined), 'used by Amazon EBS');
});

test('every grant of an AWS managed key is one of its service', () => {
  const role = clean('g', held('AROADBQP57FF2AEXAMPLE'));
  const ofAlias = findingsOf(role, context({}, { key: key('k1', 'alias/aws/lambda'), metadata: undefined }));
  assert.deepEqual([ofAlias[0]?.severity, ofAlias[0]?.managedBy], ['info', 'AWS Lambda']);
  const ofManager = findingsOf(role, context({ manager: 'AWS' }, { key: key('k1') }));
  assert.deepEqual([ofManager[0]?.severity, ofManager[0]?.managedBy], ['info', 'AWS']);
});

test('a warning is about a grant that somebody of the account made', () => {
  const [finding] = findingsOf(clean('g', held('AROADBQP57FF2AEXAMPLE')), context());
  assert.deepEqual([finding?.severity, finding?.managedBy], ['warning', undefined]);
  assert.match(finding?.effect ?? '', /may be a deleted principal/);
});

// Keys

const many = (count: number) => Array.from({ length: count }, (_, index) => clean(`g${index}`, { name: `n${index}` }));

test('a key near its quota of grants is a finding of the key and of each of its grants', () => {
  const full = findingsOfKey(many(0.9 * grantQuota), context());
  assert.deepEqual(
    full.key.map(({ kind }) => kind),
    ['nearQuota'],
  );
  assert.equal(
    full.key[0]?.reason,
    'The key has 45,000 grants. The default quota is 50,000, which AWS raises on request.',
  );
  assert.deepEqual(
    full.of('g0').map(({ kind }) => kind),
    ['nearQuota'],
  );
  assert.deepEqual(findingsOfKey(many(0.9 * grantQuota - 1), context()).key, []);
  assert.deepEqual(findingsOfKey(many(0.9 * grantQuota), context({ manager: 'AWS' })).key, []);
});

test('the state of a key is a finding of the key also without a grant, and says nothing of a manager', () => {
  const [finding] = findingsOfKey([], context({ state: 'Disabled' })).key;
  assert.deepEqual([finding?.kind, finding?.managedBy], ['keyDisabled', undefined]);
});

test('findings come the gravest first', () => {
  const worst = clean('g', {
    ...held('arn:aws:iam::444455556666:root'),
    operations: ['Decrypt', 'CreateGrant'],
    constraints: noConstraints,
    retiringPrincipal: undefined,
    ...at(900),
  });
  assert.deepEqual(kindsOf(worst, context({ state: 'Disabled' })), [
    'accountRoot',
    'otherAccount',
    'mayCreateGrants',
    'keyDisabled',
    'onlyAdminsCanEnd',
    'noEncryptionContext',
    'olderThan',
  ]);
});

test('every kind has a title of its own', () => {
  assert.equal(new Set(findingKinds.map(findingTitle)).size, findingKinds.length);
});

test('each grant is looked at equally often, however many there are', () => {
  const looks = (count: number) => {
    let read = 0;
    const counted = many(count).map((one) =>
      Object.defineProperty({ ...one }, 'granteePrincipal', {
        get: () => {
          read += 1;
          return one.granteePrincipal;
        },
      }),
    );
    findingsOfKey(counted, context());
    return read / count;
  };
  assert.ok(looks(10) > 0);
  assert.equal(looks(4000), looks(10));
});

test('the findings of a key take work in proportion to its grants', () => {
  const stringify = JSON.stringify;
  const work = (count: number) => {
    const grants = Array.from({ length: count }, (_, index) => clean(`g${index}`, { name: `n${index % 100}` }));
    let compared = 0;
    JSON.stringify = (value: unknown) => {
      compared += 1;
      return stringify(value);
    };
    try {
      const found = findingsOfKey(grants, context());
      assert.equal(found.of('g0')[0]?.kind, 'duplicate');
    } finally {
      JSON.stringify = stringify;
    }
    return compared;
  };
  assert.deepEqual([work(1000), work(2000)], [1000, 2000]);
});
