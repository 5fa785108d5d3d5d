import assert from 'node:assert/strict';
import { suite, type TestContext, type TestOptions, test } from 'node:test';
import {
  CreateGrantCommand,
  type CreateGrantCommandInput,
  DescribeKeyCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type GrantListEntry,
  KMSClient,
  type KMSClientConfig,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ListRetirableGrantsCommand,
  paginateListAliases,
  paginateListGrants,
  paginateListKeys,
  RetireGrantCommand,
  RevokeGrantCommand,
} from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** What a KMS may lack. `true` is AWS's behaviour; a text says how this one differs, and skips what needs it. */
export interface Capabilities {
  readonly pagesGrants: true | string;
  readonly pagesKeys: true | string;
  readonly pagesTags: true | string;
  readonly datesAliases: true | string;
  readonly filtersByGrantee: true | string;
  readonly honoursDryRun: true | string;
  /** Grants with an ID as long as AWS's, the key's ARN, a creation date and an issuing account. */
  readonly fullGrantEntries: true | string;
  readonly namesMakeCreateRepeatable: true | string;
  readonly validates: true | string;
  readonly refusesUnknownKeys: true | string;
  readonly servicePrincipals: true | string;
  /** GetKeyLastUsage. */
  readonly tracksLastUsage: true | string;
}

export const everyCapability: Capabilities = {
  pagesGrants: true,
  pagesKeys: true,
  pagesTags: true,
  datesAliases: true,
  filtersByGrantee: true,
  honoursDryRun: true,
  fullGrantEntries: true,
  namesMakeCreateRepeatable: true,
  validates: true,
  refusesUnknownKeys: true,
  servicePrincipals: true,
  tracksLastUsage: true,
};

/** A KMS to hold to the contract, in which changes take effect at once. */
export interface Target {
  readonly name: string;
  /** Where it is and who asks: endpoint, region and credentials, or a request handler. */
  readonly config: KMSClientConfig & { readonly region: string };
  readonly account: string;
  readonly capabilities: Capabilities;
  /** Nothing may be changed there: only the tests that read run, and no other request can leave. */
  readonly isReadOnly?: boolean;
  /** Keys that are there already, by ID. Grants on them come and go; what is there before stays. */
  readonly keys: {
    /** Symmetric, enabled, with an alias and at least two tags. */
    readonly symmetric: string;
    readonly alias: string;
    readonly disabled?: string;
    readonly pendingDeletion?: string;
    readonly hmac?: string;
  };
  /** The ARN that the credentials act as, which may retire grants that name it; absent: not known. */
  readonly principalArn?: string;
}

/** Registers the tests that any KMS has to pass. */
export function contract(target: Target): void {
  const { config, account, capabilities, keys } = target;
  const kms = new KMSClient({ maxAttempts: 1, ...config });
  if (target.isReadOnly === true) {
    refuseChanges(kms);
  }
  const roleArn = `arn:aws:iam::${account}:role/contract`;
  const keyArn = `arn:aws:kms:${config.region}:${account}:key/${keys.symmetric}`;
  const missingKey = '00000000-1111-2222-3333-444444444444';
  const missingGrant = '0123456789abcdef'.repeat(4);
  const needs = (...names: (keyof Capabilities)[]) => {
    const lacks = names.map((name) => capabilities[name]).find((value) => value !== true);
    return lacks === undefined ? {} : { skip: String(lacks) };
  };

  /** A test that changes nothing, wherever it runs. */
  const reads = (name: string, ...rest: TestParts) => test(name, ...asOptionsAndBody(rest));
  /** A test that changes something, or might. */
  const changes = (name: string, ...rest: TestParts) => {
    const [options, body] = asOptionsAndBody(rest);
    test(name, target.isReadOnly === true ? { skip: 'nothing is changed there' } : options, body);
  };

  const grantOn = (input: Partial<CreateGrantCommandInput> = {}) =>
    new CreateGrantCommand({ KeyId: keys.symmetric, GranteePrincipal: roleArn, Operations: ['Decrypt'], ...input });

  /** Makes a grant and takes it away when the work is done. */
  async function withGrant(
    input: Partial<CreateGrantCommandInput>,
    work: (grant: { id: string; token: string }) => Promise<void>,
  ): Promise<void> {
    const { GrantId: id = '', GrantToken: token = '' } = await kms.send(grantOn(input));
    try {
      await work({ id, token });
    } finally {
      await kms.send(new RevokeGrantCommand({ KeyId: input.KeyId ?? keys.symmetric, GrantId: id })).catch(isGone);
    }
  }

  async function grantWithId(id: string): Promise<GrantListEntry | undefined> {
    const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: keys.symmetric, GrantId: id }));
    assert.ok(Grants.length <= 1);
    return Grants[0];
  }

  suite(`${target.name}: keys and aliases`, () => {
    reads('every key is on exactly one page', needs('pagesKeys'), async () => {
      const listed = async (Limit: number) => {
        const arns: (string | undefined)[] = [];
        for await (const { Keys = [], Truncated, NextMarker } of paginateListKeys({ client: kms }, { Limit })) {
          assert.ok(Keys.length <= Limit);
          assert.equal(Truncated, NextMarker !== undefined);
          arns.push(...Keys.map(({ KeyArn }) => KeyArn));
        }
        return arns.sort();
      };
      const whole = await listed(1000);
      assert.ok(whole.includes(keyArn));
      // As many pages as a small account has keys, and no more than twenty of a large one.
      assert.deepEqual(await listed(Math.ceil(whole.length / 20)), whole);
    });

    reads('an alias names its key', async () => {
      const found = [];
      for await (const page of paginateListAliases({ client: kms }, {})) {
        found.push(...(page.Aliases ?? []).filter(({ AliasName }) => AliasName === keys.alias));
      }
      assert.equal(found.length, 1);
      assert.equal(found[0]?.TargetKeyId, keys.symmetric);
      assert.equal(found[0]?.AliasArn, `arn:aws:kms:${config.region}:${account}:${keys.alias}`);
    });

    reads('an alias says when it was made', needs('datesAliases'), async () => {
      const { Aliases = [] } = await kms.send(new ListAliasesCommand({ KeyId: keys.symmetric }));
      assert.ok(Aliases.length > 0 && Aliases.every(({ CreationDate }) => CreationDate instanceof Date));
    });

    reads("only one key's aliases are listed when asked so", async () => {
      const { Aliases = [] } = await kms.send(new ListAliasesCommand({ KeyId: keys.symmetric }));
      assert.ok(Aliases.some(({ AliasName }) => AliasName === keys.alias));
      assert.deepEqual([...new Set(Aliases.map(({ TargetKeyId }) => TargetKeyId))], [keys.symmetric]);
    });

    reads('a key is described by its ID, its ARN, its alias and its alias ARN', async () => {
      const aliasArn = `arn:aws:kms:${config.region}:${account}:${keys.alias}`;
      for (const KeyId of [keys.symmetric, keyArn, keys.alias, aliasArn]) {
        const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
        assert.equal(key?.Arn, keyArn);
        assert.equal(key?.KeyId, keys.symmetric);
        assert.equal(key?.KeyState, 'Enabled');
        assert.equal(key?.Enabled, true);
        assert.equal(key?.KeyManager, 'CUSTOMER');
        assert.equal(key?.KeyUsage, 'ENCRYPT_DECRYPT');
        assert.equal(key?.AWSAccountId, account);
        assert.ok(key?.CreationDate instanceof Date);
      }
    });

    reads('the key policy is JSON', async () => {
      const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: keys.symmetric, PolicyName: 'default' }));
      assert.equal(typeof JSON.parse(Policy), 'object');
    });

    reads('tags come in pages', needs('pagesTags'), async () => {
      const { Tags = [], Truncated } = await kms.send(new ListResourceTagsCommand({ KeyId: keys.symmetric }));
      assert.ok(Tags.length >= 2 && Truncated === false);
      const first = await kms.send(new ListResourceTagsCommand({ KeyId: keys.symmetric, Limit: 1 }));
      assert.deepEqual(first.Tags, Tags.slice(0, 1));
      assert.equal(first.Truncated, true);
      const second = await kms.send(
        new ListResourceTagsCommand({ KeyId: keys.symmetric, Limit: 1, Marker: first.NextMarker }),
      );
      assert.deepEqual(second.Tags, Tags.slice(1, 2));
    });
  });

  suite(`${target.name}: what becomes of a key`, () => {
    reads('rotation is on or off, and says when it is on', async () => {
      const status = await kms.send(new GetKeyRotationStatusCommand({ KeyId: keyArn }));
      assert.equal(typeof status.KeyRotationEnabled, 'boolean');
      if (status.KeyRotationEnabled === true) {
        assert.ok((status.RotationPeriodInDays ?? 0) >= 90);
        assert.ok(status.NextRotationDate instanceof Date);
      }
    });

    reads('a key that cannot be rotated says so', keys.hmac ? needs('validates') : skipUnless(keys.hmac), async () => {
      await rejects(kms.send(new GetKeyRotationStatusCommand({ KeyId: keys.hmac })), 'UnsupportedOperationException');
    });

    reads(
      'the last use of a key is not before it was tracked, nor that before it was made',
      needs('tracksLastUsage'),
      async () => {
        const usage = await kms.send(new GetKeyLastUsageCommand({ KeyId: keyArn }));
        assert.equal(usage.KeyId, keys.symmetric);
        const { TrackingStartDate: tracked, KeyCreationDate: made, KeyLastUsage: last } = usage;
        assert.ok(tracked !== undefined && made !== undefined && tracked >= made);
        assert.ok(last !== undefined && (last.Timestamp === undefined || last.Timestamp >= tracked));
      },
    );
  });

  suite(`${target.name}: the life of a grant`, () => {
    changes('a created grant is listed with what it was created from, until it is revoked', async () => {
      const created = await kms.send(
        grantOn({
          Name: 'contract:life/1_a-b',
          Operations: ['Decrypt', 'RetireGrant'],
          RetiringPrincipal: `arn:aws:iam::${account}:role/janitor`,
          Constraints: { EncryptionContextSubset: { purpose: 'contract' } },
        }),
      );
      assert.ok((created.GrantToken ?? '').length > 0);
      const id = created.GrantId ?? '';
      const grant = await grantWithId(id);
      assert.equal(grant?.Name, 'contract:life/1_a-b');
      assert.equal(grant?.GranteePrincipal, roleArn);
      assert.equal(grant?.RetiringPrincipal, `arn:aws:iam::${account}:role/janitor`);
      assert.deepEqual([...(grant?.Operations ?? [])].sort(), ['Decrypt', 'RetireGrant']);
      assert.deepEqual(grant?.Constraints, { EncryptionContextSubset: { purpose: 'contract' } });
      await kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: id }));
      assert.equal(await grantWithId(id), undefined);
    });

    changes('a grant says its key by ARN, its date and its issuer', needs('fullGrantEntries'), () =>
      withGrant({}, async ({ id }) => {
        assert.match(id, /^[0-9a-f]{64}$/);
        const grant = await grantWithId(id);
        assert.equal(grant?.KeyId, keyArn);
        assert.equal(grant?.IssuingAccount, `arn:aws:iam::${account}:root`);
        assert.ok(grant?.CreationDate instanceof Date);
        assert.ok(!grant?.Name);
      }),
    );

    changes('grants are filtered by grantee', needs('filtersByGrantee'), () =>
      withGrant({ GranteePrincipal: `${roleArn}-a` }, ({ id }) =>
        withGrant({ GranteePrincipal: `${roleArn}-b` }, async () => {
          const { Grants = [] } = await kms.send(
            new ListGrantsCommand({ KeyId: keys.symmetric, GranteePrincipal: `${roleArn}-a` }),
          );
          assert.deepEqual(
            Grants.map(({ GrantId }) => GrantId),
            [id],
          );
        }),
      ),
    );

    changes('every grant is on exactly one page', needs('pagesGrants'), () =>
      withGrant({}, () =>
        withGrant({}, () =>
          withGrant({}, async () => {
            const whole = await kms.send(new ListGrantsCommand({ KeyId: keys.symmetric, Limit: 100 }));
            assert.equal(whole.Truncated, false);
            assert.equal(whole.NextMarker, undefined);
            const sizes: number[] = [];
            const paged: (string | undefined)[] = [];
            for await (const { Grants = [], Truncated, NextMarker } of paginateListGrants(
              { client: kms },
              { KeyId: keys.symmetric, Limit: 2 },
            )) {
              assert.equal(Truncated, NextMarker !== undefined);
              sizes.push(Grants.length);
              paged.push(...Grants.map(({ GrantId }) => GrantId));
            }
            assert.deepEqual(
              paged,
              (whole.Grants ?? []).map(({ GrantId }) => GrantId),
            );
            assert.ok(sizes.slice(0, -1).every((size) => size === 2));
          }),
        ),
      ),
    );

    changes('a named grant is created once, with a fresh token each time', needs('namesMakeCreateRepeatable'), () =>
      withGrant({ Name: 'contract-once', Operations: ['Decrypt', 'Encrypt'] }, async ({ id, token }) => {
        const again = await kms.send(grantOn({ Name: 'contract-once', Operations: ['Encrypt', 'Decrypt'] }));
        assert.equal(again.GrantId, id);
        assert.notEqual(again.GrantToken, token);
        await withGrant({ Name: 'contract-once', Operations: ['Decrypt'] }, async (other) => {
          assert.notEqual(other.id, id);
        });
      }),
    );

    changes('an unnamed grant is created each time', () =>
      withGrant({}, (one) => withGrant({}, async (other) => assert.notEqual(other.id, one.id))),
    );

    changes('a grant is retired by its token, or by its key and ID', async () => {
      const retiring = target.principalArn === undefined ? {} : { RetiringPrincipal: target.principalArn };
      await withGrant(retiring, async ({ id, token }) => {
        await kms.send(new RetireGrantCommand({ GrantToken: token }));
        assert.equal(await grantWithId(id), undefined);
      });
      await withGrant(retiring, async ({ id }) => {
        await kms.send(new RetireGrantCommand({ KeyId: keyArn, GrantId: id }));
        assert.equal(await grantWithId(id), undefined);
      });
    });

    changes('a principal of the issuing account that IAM allows may retire it, whoever the grant names', () =>
      withGrant({ RetiringPrincipal: `${roleArn}-janitor` }, async ({ id }) => {
        await kms.send(new RetireGrantCommand({ KeyId: keyArn, GrantId: id }));
        assert.equal(await grantWithId(id), undefined);
      }),
    );

    reads('a grant that is not there is not listed', async () => {
      assert.equal(await grantWithId(missingGrant), undefined);
    });

    reads('the account itself sees what it may retire, and nothing else', async () => {
      const RetiringPrincipal = `arn:aws:iam::${account}:root`;
      const { Grants, Truncated } = await kms.send(new ListRetirableGrantsCommand({ RetiringPrincipal }));
      assert.ok(Grants !== undefined && typeof Truncated === 'boolean');
      assert.ok(Grants.every((grant) => grant.RetiringPrincipal === RetiringPrincipal));
    });

    changes('a retiring principal sees what it may retire', () =>
      withGrant({ RetiringPrincipal: `${roleArn}-retiring` }, ({ id }) =>
        withGrant({}, async () => {
          const { Grants = [] } = await kms.send(
            new ListRetirableGrantsCommand({ RetiringPrincipal: `${roleArn}-retiring` }),
          );
          assert.deepEqual(
            Grants.map(({ GrantId }) => GrantId),
            [id],
          );
        }),
      ),
    );

    changes('a grant to a service names no grantee but the service', needs('servicePrincipals'), () => {
      const SourceArn = `arn:aws:dynamodb:${config.region}:${account}:table/contract`;
      const RetiringServicePrincipal = 'dynamodb.amazonaws.com';
      const input = { GranteePrincipal: undefined, GranteeServicePrincipal: 'dynamodb.amazonaws.com' };
      return withGrant({ ...input, RetiringServicePrincipal, Constraints: { SourceArn } }, async ({ id }) => {
        const grant = await grantWithId(id);
        assert.equal(grant?.GranteePrincipal, undefined);
        assert.equal(grant?.GranteeServicePrincipal, 'dynamodb.amazonaws.com');
        assert.equal(grant?.RetiringServicePrincipal, RetiringServicePrincipal);
        assert.deepEqual(grant?.Constraints, { SourceArn });
        await rejects(kms.send(grantOn({ ...input, RetiringServicePrincipal })), 'ValidationException');
        await rejects(kms.send(grantOn({ ...input, Constraints: { SourceArn } })), 'ValidationException');
      });
    });
  });

  suite(`${target.name}: dry runs`, () => {
    changes('a dry run that would succeed says so, and changes nothing', needs('honoursDryRun'), () =>
      withGrant(target.principalArn === undefined ? {} : { RetiringPrincipal: target.principalArn }, async ({ id }) => {
        const before = await kms.send(new ListGrantsCommand({ KeyId: keys.symmetric, Limit: 100 }));
        const named = { KeyId: keyArn, GrantId: id, DryRun: true };
        await rejects(kms.send(new RevokeGrantCommand(named)), 'DryRunOperationException');
        await rejects(kms.send(new RetireGrantCommand(named)), 'DryRunOperationException');
        await rejects(kms.send(grantOn({ DryRun: true })), 'DryRunOperationException');
        const after = await kms.send(new ListGrantsCommand({ KeyId: keys.symmetric, Limit: 100 }));
        assert.deepEqual(after.Grants, before.Grants);
      }),
    );

    reads('the dry run of a revoke that would fail gives the error itself', needs('honoursDryRun'), async () => {
      const dryRun = (GrantId: string) => kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId, DryRun: true }));
      await rejects(dryRun(missingGrant), 'NotFoundException');
      await rejects(dryRun('no-grant-id'), 'InvalidGrantIdException');
    });

    changes('the dry run of a creation that would fail gives the error itself', needs('honoursDryRun'), async () => {
      await rejects(kms.send(grantOn({ Operations: ['Sign'], DryRun: true })), 'ValidationException');
    });
  });

  suite(`${target.name}: refusals`, () => {
    changes('a grant that is not there, or not any more', async () => {
      await rejects(kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: missingGrant })), 'NotFoundException');
      await withGrant({}, async ({ id }) => {
        await kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: id }));
        await rejects(kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: id })), 'NotFoundException');
      });
    });

    const noSuchKey = `Key 'arn:aws:kms:${config.region}:${account}:key/${missingKey}' does not exist`;
    reads('a key that is not there cannot be read', needs('refusesUnknownKeys'), async () => {
      const requests = [
        () => kms.send(new ListGrantsCommand({ KeyId: missingKey })),
        () => kms.send(new DescribeKeyCommand({ KeyId: missingKey })),
        () => kms.send(new GetKeyPolicyCommand({ KeyId: missingKey })),
        () => kms.send(new GetKeyRotationStatusCommand({ KeyId: missingKey })),
        () => kms.send(new ListResourceTagsCommand({ KeyId: missingKey })),
        () => kms.send(new ListAliasesCommand({ KeyId: missingKey })),
      ];
      for (const request of requests) {
        await rejects(request(), 'NotFoundException', noSuchKey);
      }
    });

    changes('nor can its grants be changed', needs('refusesUnknownKeys'), async () => {
      const requests = [
        () => kms.send(new RevokeGrantCommand({ KeyId: missingKey, GrantId: missingGrant })),
        () => kms.send(new RetireGrantCommand({ KeyId: missingKey, GrantId: missingGrant })),
        () => kms.send(grantOn({ KeyId: missingKey })),
      ];
      for (const request of requests) {
        await rejects(request(), 'NotFoundException', noSuchKey);
      }
    });

    reads('an error carries its request ID, and status 400', async () => {
      const error = await rejects(kms.send(new DescribeKeyCommand({ KeyId: missingKey })), 'NotFoundException');
      assert.equal(error.$metadata?.httpStatusCode, 400);
      assert.ok(error.$metadata?.requestId);
    });

    reads('references to a key that are none', needs('validates'), async () => {
      const list = (KeyId: string) => kms.send(new ListGrantsCommand({ KeyId }));
      const aliasArn = `arn:aws:kms:${config.region}:${account}:${keys.alias}`;
      await rejects(list(keys.alias), 'InvalidArnException', 'Key Aliases are not supported for this operation.');
      await rejects(list(aliasArn), 'InvalidArnException', 'Key Aliases are not supported for this operation.');
      await rejects(list('no-key-id'), 'NotFoundException', "Invalid keyId 'no-key-id'");
      await rejects(list('arn:aws:s3:::bucket'), 'InvalidArnException');
      const elsewhere = keyArn.replace(config.region, 'ap-south-2');
      await rejects(list(elsewhere), 'NotFoundException', 'Invalid arn ap-south-2');
      await rejects(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none/such' })), 'NotFoundException');
      await rejects(kms.send(new ListGrantsCommand({ KeyId: undefined })), 'ValidationException');
    });

    reads('limits outside the range, and markers that are none', needs('validates', 'pagesGrants'), async () => {
      const limit = (Limit: number) => kms.send(new ListGrantsCommand({ KeyId: keyArn, Limit }));
      await rejects(
        limit(0),
        'ValidationException',
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
      );
      await rejects(limit(101), 'ValidationException');
      await rejects(kms.send(new ListKeysCommand({ Limit: 1001 })), 'ValidationException');
      await rejects(kms.send(new ListAliasesCommand({ Limit: 101 })), 'ValidationException');
      const Marker = 'bm90IGEgbWFya2Vy';
      await rejects(kms.send(new ListGrantsCommand({ KeyId: keyArn, Marker })), 'InvalidMarkerException');
      await rejects(kms.send(new ListKeysCommand({ Marker })), 'InvalidMarkerException');
      await rejects(kms.send(new ListAliasesCommand({ Marker })), 'InvalidMarkerException');
    });

    reads('filters that are no grant IDs', needs('validates'), async () => {
      const list = (GrantId: string) => kms.send(new ListGrantsCommand({ KeyId: keyArn, GrantId }));
      await rejects(list('no-grant-id'), 'InvalidGrantIdException');
      await rejects(list('f'.repeat(129)), 'ValidationException');
    });

    changes('grant IDs that are none', needs('validates'), async () => {
      await rejects(
        kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: 'no-grant-id' })),
        'InvalidGrantIdException',
      );
      await rejects(
        kms.send(new RevokeGrantCommand({ KeyId: keyArn, GrantId: 'f'.repeat(129) })),
        'ValidationException',
      );
    });

    const wrongGrants: Record<string, [Partial<CreateGrantCommandInput>, string]> = {
      'no operation': [{ Operations: [] }, 'ValidationException'],
      'operations missing': [{ Operations: undefined }, 'ValidationException'],
      'an operation that there is not': [{ Operations: ['Destroy' as 'Decrypt'] }, 'ValidationException'],
      'nothing but CreateGrant': [{ Operations: ['CreateGrant'] }, 'ValidationException'],
      'an operation that the key cannot do': [{ Operations: ['Sign'] }, 'ValidationException'],
      'no grantee': [{ GranteePrincipal: undefined }, 'ValidationException'],
      'two kinds of grantee': [{ GranteeServicePrincipal: 'dynamodb.amazonaws.com' }, 'ValidationException'],
      'a grantee that is no ARN': [{ GranteePrincipal: 'AROAEXAMPLEEXAMPLE123' }, 'InvalidArnException'],
      "a service's own session as grantee": [
        { GranteePrincipal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0` },
        'InvalidArnException',
      ],
      'a name with a space': [{ Name: 'not a name' }, 'ValidationException'],
      'a name that is too long': [{ Name: 'n'.repeat(257) }, 'ValidationException'],
      'both kinds of encryption context': [
        { Constraints: { EncryptionContextEquals: { a: '1' }, EncryptionContextSubset: { a: '1' } } },
        'ValidationException',
      ],
      'nine pairs of encryption context': [
        {
          Constraints: {
            EncryptionContextEquals: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`k${n}`, 'v'])),
          },
        },
        'ValidationException',
      ],
      'a grant token that is none': [{ GrantTokens: ['none'] }, 'InvalidGrantTokenException'],
    };
    for (const [what, [input, error]] of Object.entries(wrongGrants)) {
      changes(`a new grant with ${what}`, needs('validates'), async () => {
        await rejects(kms.send(grantOn(input)), error);
      });
    }

    changes(
      'RetireGrant with both ways to name a grant, with half of one, and with a token that is none',
      needs('validates'),
      () =>
        withGrant({}, async ({ id, token }) => {
          await rejects(
            kms.send(new RetireGrantCommand({ GrantToken: token, KeyId: keyArn, GrantId: id })),
            'ValidationException',
          );
          await rejects(kms.send(new RetireGrantCommand({ KeyId: keyArn })), 'ValidationException');
          await rejects(kms.send(new RetireGrantCommand({})), 'ValidationException');
          await rejects(kms.send(new RetireGrantCommand({ GrantToken: 'none' })), 'InvalidGrantTokenException');
        }),
    );

    const { disabled, pendingDeletion, hmac } = keys;
    const inState = (key: string | undefined) => (key === undefined ? skipUnless(key) : needs('validates'));
    changes('a disabled key takes no new grant', inState(disabled), async () => {
      await rejects(kms.send(grantOn({ KeyId: disabled })), 'DisabledException');
    });

    reads('a disabled key lists its grants', skipUnless(disabled), async () => {
      const { Grants } = await kms.send(new ListGrantsCommand({ KeyId: disabled }));
      assert.ok(Array.isArray(Grants));
    });

    changes('a key that is to be deleted takes no new grant', inState(pendingDeletion), async () => {
      await rejects(kms.send(grantOn({ KeyId: pendingDeletion })), 'KMSInvalidStateException');
    });

    reads('a key that is to be deleted lists its grants, and says when', skipUnless(pendingDeletion), async () => {
      const { Grants } = await kms.send(new ListGrantsCommand({ KeyId: pendingDeletion }));
      assert.ok(Array.isArray(Grants));
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: pendingDeletion }));
      assert.equal(KeyMetadata?.KeyState, 'PendingDeletion');
      assert.ok(KeyMetadata?.DeletionDate instanceof Date);
    });

    changes('an HMAC key is granted for MACs only', inState(hmac), async () => {
      await rejects(kms.send(grantOn({ KeyId: hmac })), 'ValidationException');
      const mac: Partial<CreateGrantCommandInput> = { KeyId: hmac, Operations: ['GenerateMac', 'VerifyMac'] };
      const Constraints = { EncryptionContextEquals: { a: '1' } };
      await rejects(kms.send(grantOn({ ...mac, Constraints })), 'ValidationException');
      await withGrant(mac, async ({ id }) => assert.ok(id));
    });
  });

  reads(`${target.name}: the caller's identity`, async () => {
    const { endpoint, region, credentials, requestHandler } = config;
    const sts = new STSClient({
      region,
      maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(requestHandler === undefined ? {} : { requestHandler }),
    });
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Account, account);
    assert.ok(identity.UserId);
    if (target.principalArn !== undefined) {
      assert.equal(identity.Arn, target.principalArn);
    }
  });
}

type Body = (t: TestContext) => Promise<void>;
type TestParts = readonly [Body] | readonly [TestOptions, Body];

function asOptionsAndBody(parts: TestParts): [TestOptions, Body] {
  return parts.length === 1 ? [{}, parts[0]] : [parts[0], parts[1]];
}

/** Refuses, before it is sent, whatever is neither a read nor the dry run of a revoke. */
function refuseChanges(kms: KMSClient): void {
  kms.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        const isRead = /^(Describe|Get|List)/.test(commandName);
        const isDryRun = commandName === 'RevokeGrantCommand' && 'DryRun' in args.input && args.input.DryRun === true;
        assert.ok(isRead || isDryRun, `${commandName} would change something`);
        return next(args);
      },
    { step: 'initialize' },
  );
}

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** The request must fail with this error of AWS; its name is what clients go by. */
export async function rejects(request: Promise<unknown>, name: string, message?: string): Promise<ServiceError> {
  const outcome = await request.then(
    (output) => output,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof Error, `it should have failed with ${name}`);
  assert.equal(outcome.name, name, outcome.message);
  if (message !== undefined) {
    assert.equal(outcome.message, message);
  }
  return outcome;
}

function isGone(error: unknown): void {
  if (!(error instanceof Error && error.name === 'NotFoundException')) {
    throw error;
  }
}

const skipUnless = (key: string | undefined) => (key === undefined ? { skip: 'there is no such key' } : {});
