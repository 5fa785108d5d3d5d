import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { cloudTrailOperations } from '../../src/emulator/cloudTrail/lookupEvents.ts';
import { iamOperations } from '../../src/emulator/iam/operations.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import { createEmulator } from '../aws/emulator.ts';
import { isObject, type Reference, readModel } from './model.ts';
import { withPython } from './peers.ts';
import { type Element, parseXml } from './xml.ts';

function setUp() {
  const data = createAccount({ keys: 40 });
  return { data, emulator: createEmulator({ data, now: () => Date.UTC(2026, 10, 1) }) };
}

await withPython("botocore's model of CloudTrail", async ({ botocoreData }) => {
  const { model, operationOf, problems } = await readModel(join(botocoreData, 'cloudtrail'));
  const { output: shape, errors = [] } = operationOf('LookupEvents');

  suite("by botocore's model of CloudTrail", () => {
    /** Sends a request to LookupEvents, and holds the answer to the model. */
    const ask = (emulator: ReturnType<typeof setUp>['emulator'], input: object) => {
      const headers = { 'x-amz-target': 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents' };
      const reply = emulator.handle({ method: 'POST', path: '/', headers, body: JSON.stringify(input) });
      assert.ok(reply.kind === 'response' && shape);
      assert.equal(reply.headers['content-type'], 'application/x-amz-json-1.1');
      const answer: unknown = JSON.parse(reply.body);
      assert.ok(isObject(answer));
      if (reply.status === 200) {
        assert.deepEqual(problems(shape, answer, 'LookupEvents'), []);
      }
      return answer;
    };

    test('every operation that we serve is one', () => {
      for (const name of cloudTrailOperations.keys()) {
        assert.ok(model.operations[name], name);
      }
    });

    test('the whole history of the sample, page by page', () => {
      const { emulator } = setUp();
      let token: unknown;
      const names = new Set<unknown>();
      do {
        const { Events, NextToken } = ask(emulator, {
          MaxResults: 7,
          ...(token === undefined ? {} : { NextToken: token }),
        });
        assert.ok(Array.isArray(Events));
        for (const { EventName, CloudTrailEvent } of Events) {
          names.add(EventName);
          assert.equal(JSON.parse(CloudTrailEvent).eventName, EventName);
        }
        token = NextToken;
      } while (token !== undefined);
      assert.ok(
        ['CreateGrant', 'Decrypt', 'Sign'].every((name) => names.has(name)),
        [...names].join(),
      );
    });

    test('each error that it gives is one of LookupEvents', () => {
      const { emulator } = setUp();
      const attribute = { AttributeKey: 'EventName', AttributeValue: 'Decrypt' };
      const given = [
        { LookupAttributes: [attribute, attribute] },
        { StartTime: 2, EndTime: 1 },
        { MaxResults: 51 },
        { NextToken: 'none' },
        { EventCategory: 'data' },
      ].map((input) => ask(emulator, input)['__type']);
      const known = errors.map(({ shape: name }) => name);
      assert.deepEqual(
        given.filter((name) => !known.includes(String(name))),
        [],
      );
      assert.equal(new Set(given).size, given.length);
    });
  });
});

await withPython("botocore's model of IAM", async ({ botocoreData }) => {
  const { operationOf, shapeOf, problems } = await readModel(join(botocoreData, 'iam'));

  /** An element as the JSON value of its shape. */
  function jsonOf(reference: Reference, { children, text }: Element): unknown {
    const { type, members, member } = shapeOf(reference);
    switch (type) {
      case 'structure':
        return Object.fromEntries(
          children.map((child) => {
            const known = members?.[child.name];
            assert.ok(known, `${child.name} is not in ${reference.shape}`);
            return [child.name, jsonOf(known, child)];
          }),
        );
      case 'list':
        return children.map((child) => {
          assert.ok(member && child.name === 'member');
          return jsonOf(member, child);
        });
      case 'timestamp':
        assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        return Date.parse(text) / 1000;
      case 'boolean':
        assert.match(text, /^(true|false)$/);
        return text === 'true';
      case 'integer':
        return Number(text);
      default:
        return text;
    }
  }

  suite("by botocore's model of IAM", () => {
    const ask = (emulator: ReturnType<typeof setUp>['emulator'], operation: string, input: Record<string, string>) => {
      const body = String(new URLSearchParams({ Action: operation, Version: '2010-05-08', ...input }));
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const reply = emulator.handle({ method: 'POST', path: '/', headers, body });
      assert.ok(reply.kind === 'response');
      return { status: reply.status, root: parseXml(reply.body) };
    };
    /** What an operation answers, which is as the model says. */
    const answer = (emulator: ReturnType<typeof setUp>['emulator'], operation: string, input = {}) => {
      const { status, root } = ask(emulator, operation, input);
      assert.equal(status, 200);
      const [result, metadata] = root.children;
      assert.deepEqual(
        [root.name, result?.name, metadata?.children[0]?.name],
        [`${operation}Response`, `${operation}Result`, 'RequestId'],
      );
      const { output } = operationOf(operation);
      assert.ok(output && result);
      const value = jsonOf(output, result);
      assert.deepEqual(problems(output, value, operation), []);
      assert.ok(isObject(value));
      return value;
    };

    test('every operation that we serve is one', () => {
      for (const name of iamOperations.keys()) {
        operationOf(name);
      }
    });

    test('every role and user of the sample, in lists page by page and one by one', () => {
      const { emulator, data } = setUp();
      for (const [what, list] of [
        ['Role', data.roles],
        ['User', data.users],
      ] as const) {
        const names: string[] = [];
        let marker: unknown;
        do {
          const page = answer(emulator, `List${what}s`, {
            MaxItems: '4',
            ...(marker ? { Marker: String(marker) } : {}),
          });
          const items = page[`${what}s`];
          assert.ok(Array.isArray(items));
          names.push(...items.map((item) => item[`${what}Name`]));
          marker = page['Marker'];
          assert.equal(page['IsTruncated'], marker !== undefined);
        } while (marker !== undefined);
        assert.equal(names.length, list.size);
        for (const name of names) {
          answer(emulator, `Get${what}`, { [`${what}Name`]: name });
        }
      }
    });

    test('every role and user of the sample, in the details of the account page by page', () => {
      const { emulator, data } = setUp();
      const names: string[] = [];
      let marker: unknown;
      do {
        const page = answer(emulator, 'GetAccountAuthorizationDetails', {
          'Filter.member.1': 'Role',
          'Filter.member.2': 'User',
          MaxItems: '7',
          ...(marker ? { Marker: String(marker) } : {}),
        });
        const [roles, users] = [page['RoleDetailList'], page['UserDetailList']];
        assert.ok(Array.isArray(roles) && Array.isArray(users));
        assert.ok(roles.every(({ RoleLastUsed }) => isObject(RoleLastUsed)));
        names.push(...roles.map(({ RoleName }) => RoleName), ...users.map(({ UserName }) => UserName));
        marker = page['Marker'];
        assert.equal(page['IsTruncated'], marker !== undefined);
      } while (marker !== undefined);
      assert.equal(names.length, data.roles.size + data.users.size);
    });

    test('that something is not there', () => {
      const { emulator } = setUp();
      const { status, root } = ask(emulator, 'GetRole', { RoleName: 'none' });
      assert.equal(status, 404);
      assert.equal(root.name, 'ErrorResponse');
      const code = root.children[0]?.children.find(({ name }) => name === 'Code')?.text;
      assert.equal(code, 'NoSuchEntity');
    });
  });
});
