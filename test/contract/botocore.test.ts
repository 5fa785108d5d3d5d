import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Key, KeyUsage } from '../../src/emulator/account.ts';
import { grantOperations } from '../../src/emulator/operations/grantRules.ts';
import { operations } from '../../src/emulator/operations/index.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { isObject, type Reference, readModel } from './model.ts';
import { withPython } from './peers.ts';

/** What any operation of AWS may answer, and the model therefore does not list. */
const commonErrors = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SerializationException',
  'ThrottlingException',
  'UnknownOperationException',
  'UnrecognizedClientException',
  'ValidationException',
]);

const grantee = 'arn:aws:iam::111122223333:role/app';
const principalArn = 'arn:aws:iam::111122223333:user/ops';

await withPython("botocore's model of KMS", async ({ botocoreData }) => {
  const { model, shapeOf, operationOf, problems } = await readModel(join(botocoreData, 'kms'));

  function setUp() {
    const data = createAccount({ keys: 40 });
    const emulator = createEmulator({ data, principalArn, grantsPerKey: 20 });
    /** Sends a request, holds the answer to the model, and says what it was. */
    const ask = (operation: string, input: Readonly<Record<string, unknown>> = {}) => {
      const reply = emulator.handle({
        method: 'POST',
        path: '/',
        headers: { 'x-amz-target': `TrentService.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify(input),
      });
      assert.ok(reply.kind === 'response');
      const { status, body, headers } = reply;
      assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
      const { output, errors = [] } = operationOf(operation);
      if (status === 200) {
        if (output === undefined) {
          assert.equal(body, '', `${operation} has no output`);
          return { output: {}, error: undefined };
        }
        const answer = objectIn(body);
        assert.deepEqual(problems(output, answer, operation), []);
        return { output: answer, error: undefined };
      }
      const { __type: error, ...members } = objectIn(body);
      assert.ok(typeof error === 'string');
      const modelled = errors.find(({ shape }) => shape === error);
      if (modelled) {
        assert.deepEqual(problems(modelled, members, `${operation} ${error}`), []);
      } else {
        assert.ok(commonErrors.has(error), `${operation} does not fail with ${error}`);
        assert.equal(Object.keys(members).length, 1);
      }
      return { output: {}, error };
    };
    /** Every page of a list. */
    const all = (operation: string, list: string, input: Readonly<Record<string, unknown>>): readonly unknown[] => {
      const items: unknown[] = [];
      let marker: unknown;
      do {
        const { output, error } = ask(operation, { ...input, ...(marker === undefined ? {} : { Marker: marker }) });
        assert.equal(error, undefined);
        const page = output[list];
        assert.ok(Array.isArray(page));
        items.push(...page);
        marker = output['NextMarker'];
        assert.equal(output['Truncated'], marker !== undefined);
      } while (marker !== undefined);
      return items;
    };
    const keys: readonly Key[] = [...data.keys.values()];
    const [usable] = keys.filter(({ spec, state, manager }) => {
      return spec === 'SYMMETRIC_DEFAULT' && state === 'Enabled' && manager === 'CUSTOMER';
    });
    assert.ok(usable);
    return { data, emulator, ask, all, keys, KeyId: usable.id };
  }

  const reads: Readonly<Record<string, string>> = {
    DescribeKey: 'KeyMetadata',
    GetKeyLastUsage: 'KeyLastUsage',
    GetKeyPolicy: 'Policy',
    GetKeyRotationStatus: 'KeyRotationEnabled',
    ListKeyPolicies: 'PolicyNames',
  };
  const lists: Readonly<Record<string, string>> = {
    ListAliases: 'Aliases',
    ListGrants: 'Grants',
    ListKeys: 'Keys',
    ListResourceTags: 'Tags',
    ListRetirableGrants: 'Grants',
  };
  const writes = ['CreateGrant', 'RetireGrant', 'RevokeGrant'];

  suite("by botocore's model of KMS", () => {
    test('every operation that we serve is one, and is looked at here', () => {
      const served = [...operations.keys()].sort();
      assert.deepEqual(
        served.filter((name) => model.operations[name] === undefined),
        [],
      );
      assert.deepEqual([...Object.keys(reads), ...Object.keys(lists), ...writes].sort(), served);
    });

    test('the operations that a grant can allow are those of the API', () => {
      assert.deepEqual([...grantOperations].sort(), [...(shapeOf({ shape: 'GrantOperation' }).enum ?? [])].sort());
    });

    for (const [operation, member] of Object.entries(reads)) {
      test(`what ${operation} answers, for every key`, () => {
        const { ask, keys } = setUp();
        let answered = 0;
        for (const { id } of keys) {
          const { output, error } = ask(operation, { KeyId: id });
          if (error === undefined) {
            assert.ok(member in output);
            answered++;
          }
        }
        assert.ok(answered >= 10, `${answered} answered`);
      });
    }

    test('what DescribeKey answers, for every spec and each of its usages', () => {
      const { ask, data, keys } = setUp();
      const [template] = keys;
      assert.ok(template);
      const specs = shapeOf({ shape: 'KeySpec' }).enum ?? [];
      assert.ok(specs.length >= 20);
      const named = shapeOf({ shape: 'CustomerMasterKeySpec' }).enum ?? [];
      const used = new Set<unknown>();
      for (const spec of specs) {
        for (const usage of usagesOf(spec)) {
          data.keys.set(template.id, { ...template, spec, usage });
          const { output } = ask('DescribeKey', { KeyId: template.id });
          const metadata = 'KeyMetadata' in output ? output['KeyMetadata'] : undefined;
          assert.ok(isObject(metadata));
          assert.equal(metadata['KeySpec'], spec);
          assert.equal(metadata['CustomerMasterKeySpec'], named.includes(spec) ? spec : undefined);
          const lists = Object.keys(metadata).filter((name) => name.endsWith('Algorithms'));
          assert.deepEqual(lists, [algorithmsFor[usage]]);
          const algorithms = metadata[lists[0] ?? ''];
          assert.ok(Array.isArray(algorithms) && algorithms.length > 0);
          // Each of these curves signs with the hash of its own length.
          const [, bits] = /^ECC_NIST_P(256|384|521)$/.exec(spec) ?? [];
          if (bits && usage === 'SIGN_VERIFY') {
            assert.deepEqual(algorithms, [`ECDSA_SHA_${bits.replace('521', '512')}`]);
          }
          for (const algorithm of algorithms) {
            used.add(algorithm);
          }
        }
      }
      const kinds = ['Encryption', 'Signing', 'Mac', 'KeyAgreement', 'Encapsulation'];
      const all = kinds.flatMap((kind) => shapeOf({ shape: `${kind}AlgorithmSpec` }).enum ?? []);
      assert.deepEqual([...used].sort(), all.sort());
    });

    test('what the lists answer, page by page', () => {
      const { all, keys, data } = setUp();
      assert.equal(all('ListKeys', 'Keys', { Limit: 7 }).length, keys.length);
      assert.equal(all('ListAliases', 'Aliases', { Limit: 7 }).length, data.aliases.size);
      for (const { id: KeyId, tags } of keys) {
        assert.equal(all('ListGrants', 'Grants', { KeyId, Limit: 2 }).length, data.grantsOf(KeyId).size);
        assert.equal(all('ListResourceTags', 'Tags', { KeyId, Limit: 1 }).length, tags.length);
      }
      const grants = keys.flatMap(({ id }) => [...data.grantsOf(id).values()].map(({ grant }) => grant));
      const retiring = new Set(grants.flatMap(({ retiringPrincipal }) => retiringPrincipal ?? []));
      const own = [...retiring].filter((arn) => /::111122223333:(root|user|role)/.test(arn));
      assert.ok(own.length > 0);
      for (const RetiringPrincipal of own) {
        assert.ok(all('ListRetirableGrants', 'Grants', { RetiringPrincipal, Limit: 2 }).length > 0);
      }
    });

    test('what creating, retiring and revoking a grant answers, and what is listed of it', () => {
      const { ask, all, KeyId } = setUp();
      const inputs: readonly Record<string, unknown>[] = [
        { GranteePrincipal: grantee },
        { GranteePrincipal: grantee, RetiringPrincipal: principalArn, Name: 'by/the:model' },
        { GranteePrincipal: grantee, Constraints: { EncryptionContextEquals: { größe: '' } } },
        {
          GranteeServicePrincipal: 'dynamodb.amazonaws.com',
          RetiringServicePrincipal: 'dynamodb.amazonaws.com',
          Constraints: { SourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/a' },
        },
      ];
      for (const input of inputs) {
        const { output, error } = ask('CreateGrant', { KeyId, Operations: grantable, ...input });
        assert.equal(error, undefined);
        const GrantId = output['GrantId'];
        assert.equal(all('ListGrants', 'Grants', { KeyId, GrantId }).length, 1);
        const end = 'RetiringPrincipal' in input ? 'RetireGrant' : 'RevokeGrant';
        assert.equal(ask(end, { KeyId, GrantId, DryRun: true }).error, 'DryRunOperationException');
        assert.equal(ask(end, { KeyId, GrantId }).error, undefined);
        assert.equal(ask(end, { KeyId, GrantId }).error, 'NotFoundException');
      }
    });

    test('what each operation answers when it fails', () => {
      const { ask, emulator, keys, KeyId } = setUp();
      const missing = '00000000-1111-2222-3333-444444444444';
      const seen = new Set<string | undefined>();
      for (const operation of operations.keys()) {
        const named = {
          ...(['ListKeys', 'ListRetirableGrants'].includes(operation) ? {} : { KeyId: missing }),
          ...(['RevokeGrant', 'RetireGrant'].includes(operation) ? { GrantId: 'f'.repeat(64) } : {}),
          ...(operation === 'CreateGrant' ? { GranteePrincipal: grantee, Operations: ['Decrypt'] } : {}),
          ...(operation === 'ListRetirableGrants' ? { RetiringPrincipal: principalArn } : {}),
        };
        seen.add(ask(operation, named).error);
        if (operation in lists) {
          const key = 'KeyId' in named ? { KeyId } : {};
          assert.equal(
            ask(operation, { ...named, ...key, Marker: 'bm90IGEgbWFya2Vy' }).error,
            'InvalidMarkerException',
          );
        }
        emulator.setDenials([{ operation }]);
        assert.equal(ask(operation, named).error, 'AccessDeniedException');
        emulator.setDenials([]);
      }
      const create = { GranteePrincipal: grantee, Operations: ['Decrypt'] };
      for (const { id, spec } of keys) {
        if (spec === 'SYMMETRIC_DEFAULT') {
          seen.add(ask('CreateGrant', { ...create, KeyId: id }).error);
        }
        seen.add(ask('GetKeyRotationStatus', { KeyId: id }).error);
      }
      seen.add(ask('CreateGrant', { ...create, KeyId, GrantTokens: ['none'] }).error);
      seen.add(ask('RevokeGrant', { KeyId, GrantId: 'none' }).error);
      seen.add(ask('ListGrants', { KeyId: 'alias/orders-db' }).error);
      while (!seen.has('LimitExceededException')) {
        seen.add(ask('CreateGrant', { ...create, KeyId }).error);
      }
      seen.delete(undefined);
      assert.deepEqual([...seen].sort(), [
        'AccessDeniedException',
        'DisabledException',
        'InvalidArnException',
        'InvalidGrantIdException',
        'InvalidGrantTokenException',
        'KMSInvalidStateException',
        'LimitExceededException',
        'NotFoundException',
        'UnsupportedOperationException',
      ]);
    });

    for (const operation of operations.keys()) {
      test(`${operation} refuses what breaks the model`, () => {
        const { ask, KeyId } = setUp();
        const { input } = operationOf(operation);
        assert.ok(input);
        const shape = shapeOf(input);
        const valid: Readonly<Record<string, unknown>> = {
          ...(shape.members?.['KeyId'] && { KeyId }),
          ...(operation === 'CreateGrant' && { GranteePrincipal: grantee, Operations: ['Decrypt'] }),
          ...(operation === 'ListRetirableGrants' && { RetiringPrincipal: principalArn }),
          ...(['RetireGrant', 'RevokeGrant'].includes(operation) && { GrantId: 'f'.repeat(64) }),
        };
        const taken: string[] = [];
        const send = (what: string, members: Readonly<Record<string, unknown>>, error: string) => {
          const answer = ask(operation, { ...valid, ...members });
          if (answer.error !== error) {
            taken.push(`${what}: ${answer.error ?? 'accepted'}`);
          }
        };
        for (const name of shape.required ?? []) {
          send(`no ${name}`, { [name]: undefined }, 'ValidationException');
        }
        for (const [name, reference] of Object.entries(shape.members ?? {})) {
          for (const [what, value, error] of breaking(reference)) {
            send(`${name} ${what}`, { [name]: value }, error);
          }
        }
        assert.deepEqual(taken, []);
      });
    }
  });

  /** Values that break the rules of a shape, and how AWS refuses them. */
  function breaking(reference: Reference): readonly (readonly [what: string, value: unknown, error: string])[] {
    const { type, min, max, pattern, enum: values, members, member, value } = shapeOf(reference);
    const invalid = 'ValidationException';
    switch (type) {
      case 'string':
        return [
          ['that is an object', {}, 'SerializationException'],
          ...(max === undefined ? [] : [['that is too long', 'a'.repeat(max + 1), invalid] as const]),
          ...(min === 1 ? [['that is empty', '', invalid] as const] : []),
          ...(pattern === undefined ? [] : [['that breaks its pattern', '\u{1F600} ', invalid] as const]),
          ...(values === undefined ? [] : [['that is not in the enum', 'Destroy', invalid] as const]),
        ];
      case 'integer':
        return [
          ['that is text', 'many', 'SerializationException'],
          ...(max === undefined ? [] : [['that is too large', max + 1, invalid] as const]),
          ...(min === undefined ? [] : [['that is too small', min - 1, invalid] as const]),
        ];
      case 'boolean':
        return [['that is text', 'perhaps', 'SerializationException']];
      case 'list':
        return [
          ['that is text', 'none', 'SerializationException'],
          ...(max === undefined ? [] : [['that is too long', Array(max + 1).fill('a'), invalid] as const]),
          ...(member ? breaking(member).map(([what, item, error]) => [`item ${what}`, [item], error] as const) : []),
        ];
      case 'structure':
        return [
          ['that is text', 'none', 'SerializationException'],
          ...Object.entries(members ?? {}).flatMap(([name, inner]) =>
            breaking(inner).map(([what, item, error]) => [`.${name} ${what}`, { [name]: item }, error] as const),
          ),
        ];
      case 'map':
        return [
          ['that is text', 'none', 'SerializationException'],
          ...(value ? breaking(value).map(([what, item, error]) => [`item ${what}`, { a: item }, error] as const) : []),
        ];
      default:
        throw new Error(`No request has had a ${type} yet.`);
    }
  }
});

/** What a key of this spec may be made for (KMS API Reference, CreateKey, KeyUsage). */
function usagesOf(spec: string): readonly KeyUsage[] {
  if (spec === 'SYMMETRIC_DEFAULT') {
    return ['ENCRYPT_DECRYPT'];
  }
  if (spec === 'SM2') {
    return ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'];
  }
  if (spec.startsWith('HMAC_')) {
    return ['GENERATE_VERIFY_MAC'];
  }
  if (spec.startsWith('RSA_')) {
    return ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'];
  }
  if (spec.startsWith('ML_KEM_')) {
    return ['ENCAPSULATE_DECAPSULATE'];
  }
  return spec.startsWith('ECC_NIST_P') ? ['SIGN_VERIFY', 'KEY_AGREEMENT'] : ['SIGN_VERIFY'];
}

const algorithmsFor: Readonly<Record<KeyUsage, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
  ENCAPSULATE_DECAPSULATE: 'EncapsulationAlgorithms',
};

/** What a symmetric key can be granted for. */
const grantable = [
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
];

function objectIn(body: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body);
  assert.ok(isObject(value));
  return value;
}
