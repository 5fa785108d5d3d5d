import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { TrailEvent } from '../../../src/emulator/cloudTrail/eventHistory.ts';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createEmulator, type EmulatorOptions } from '../../aws/emulator.ts';
import { recordUse } from '../../aws/keyUse.ts';

const start = Date.UTC(2026, 10, 1, 12);
const minute = 60_000;
const day = 24 * 60 * minute;
const account = '111122223333';
const alex = `arn:aws:iam::${account}:user/alex`;
const role = `arn:aws:iam::${account}:role/team/app`;

/** An emulator whose clock stands until it is moved, on an account with one key and no past. */
function setUp(options: Partial<EmulatorOptions> = {}, delay: Partial<EmulatorOptions> = { eventDelayMs: 0 }) {
  let time = start;
  const data = createAccount({ keys: 1, grantsPerKey: 0, awsManagedKeys: false, now: start - 100 * day });
  const [key] = [...data.keys.values()];
  assert.ok(key);
  const emulator = createEmulator({ data, now: () => time, ...delay, ...options });
  const send = (target: string, input: object, headers: Record<string, string> = {}) => {
    const reply = emulator.handle({
      method: 'POST',
      path: '/',
      headers: { 'x-amz-target': target, ...headers },
      body: JSON.stringify(input),
    });
    assert.ok(reply.kind === 'response');
    const output: Record<string, unknown> = reply.body === '' ? {} : JSON.parse(reply.body);
    return { output, error: output['__type'], message: output['message'] ?? output['Message'] };
  };
  const kms = (operation: string, input: object) =>
    send(
      `TrentService.${operation}`,
      { KeyId: key.arn, ...input },
      {
        authorization: 'AWS4-HMAC-SHA256 Credential=AKIAALEX/20261101/eu-west-1/kms/aws4_request',
        'user-agent': 'test/1',
      },
    );
  const lookUp = (input: object = {}) => {
    const { output, error, message } = send('CloudTrail_20131101.LookupEvents', input);
    const events = Array.isArray(output['Events']) ? output['Events'] : [];
    return {
      events,
      names: events.map(({ EventName }) => EventName),
      ids: events.map(({ EventId }) => EventId),
      records: events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent)),
      token: output['NextToken'],
      error,
      message,
    };
  };
  const create = (input: object = {}) => {
    const { output, error } = kms('CreateGrant', { GranteePrincipal: role, Operations: ['Decrypt'], ...input });
    return error === undefined ? String(output['GrantId']) : assert.fail(String(error));
  };
  return {
    data,
    key,
    emulator,
    send,
    kms,
    lookUp,
    create,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

const by = (AttributeKey: string, AttributeValue: string) => ({ LookupAttributes: [{ AttributeKey, AttributeValue }] });

/** An event of the past, like any other. */
const past = (id: string, at: number): TrailEvent => ({
  id,
  requestId: `request ${id}`,
  at,
  name: 'CreateGrant',
  isReadOnly: false,
  caller: { principalArn: alex },
});

suite('what happens to grants is in the event history', () => {
  test('a grant that is created, with who did it, from where and what', () => {
    const { lookUp, create, key } = setUp();
    const constraints = { EncryptionContextSubset: { tenant: 'a' } };
    const grantId = create({ Name: 'by-hand', Constraints: constraints, RetiringPrincipal: alex });
    const { events, records } = lookUp();
    const [{ EventId, CloudTrailEvent: _, ...members }] = events;
    assert.deepEqual(members, {
      EventName: 'CreateGrant',
      ReadOnly: 'false',
      AccessKeyId: 'AKIAALEX',
      EventTime: start / 1000,
      EventSource: 'kms.amazonaws.com',
      Username: 'alex',
      Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: key.arn }],
    });
    const [{ requestID, userIdentity, ...record }] = records;
    assert.match(requestID, /^[0-9a-f-]{36}$/);
    assert.match(userIdentity.principalId, /^AIDA[A-Z2-7]{17}$/);
    assert.deepEqual(
      { ...userIdentity, principalId: '' },
      {
        type: 'IAMUser',
        principalId: '',
        arn: alex,
        accountId: account,
        accessKeyId: 'AKIAALEX',
        userName: 'alex',
      },
    );
    assert.deepEqual(record, {
      eventVersion: '1.11',
      eventTime: '2026-11-01T12:00:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'CreateGrant',
      awsRegion: 'eu-west-1',
      sourceIPAddress: '127.0.0.1',
      userAgent: 'test/1',
      requestParameters: {
        keyId: key.arn,
        constraints: { encryptionContextSubset: { tenant: 'a' } },
        operations: ['Decrypt'],
        name: 'by-hand',
        granteePrincipal: role,
        retiringPrincipal: alex,
      },
      responseElements: { grantId, keyId: key.arn },
      eventID: EventId,
      readOnly: false,
      resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: key.arn }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: account,
      eventCategory: 'Management',
    });
  });

  test('one that is revoked by its ID in the request, one that is retired by its ID in a place of its own', () => {
    const { lookUp, create, kms, key, pass } = setUp();
    const [revoked, retired] = [create(), create({ RetiringPrincipal: alex })];
    kms('RevokeGrant', { GrantId: revoked });
    pass(1000);
    kms('RetireGrant', { GrantId: retired });
    const [retire, revoke] = lookUp().records;
    assert.deepEqual([retire.eventName, revoke.eventName], ['RetireGrant', 'RevokeGrant']);
    assert.deepEqual([retire.requestParameters, retire.responseElements], [null, null]);
    assert.deepEqual(retire.additionalEventData, { grantId: retired });
    assert.deepEqual(revoke.requestParameters, { keyId: key.arn, grantId: revoked });
    assert.equal(revoke.responseElements, null);
    assert.ok([retire, revoke].every(({ resources }) => resources[0].ARN === key.arn));
  });

  test('one that is refused, without what was asked for', () => {
    const { lookUp, kms, emulator, create } = setUp();
    const GrantId = create();
    emulator.setDenials([{ operation: 'RevokeGrant' }]);
    const { message } = kms('RevokeGrant', { GrantId });
    emulator.setDenials([]);
    kms('RevokeGrant', { GrantId, DryRun: true });
    const records = new Map(lookUp().records.map((record) => [record.errorCode, record]));
    const denied = records.get('AccessDenied');
    assert.equal(denied.errorMessage, message);
    assert.ok(records.has('DryRunOperationException'));
    for (const { requestParameters, responseElements, resources } of [
      denied,
      records.get('DryRunOperationException'),
    ]) {
      assert.deepEqual([requestParameters, responseElements, resources], [null, null, undefined]);
    }
  });

  test('reads of keys and grants are not', () => {
    const { lookUp, kms } = setUp();
    kms('ListGrants', {});
    kms('DescribeKey', {});
    assert.deepEqual(lookUp().events, []);
  });

  test('each kind of caller as CloudTrail names it', () => {
    const session = setUp({ principalArn: `arn:aws:sts::${account}:assumed-role/app/i-1` });
    const issued = { name: 'app', path: '/team/', id: 'AROATHATROLE', createdAt: start, trustPolicy: '{}' };
    session.data.roles.set('app', issued);
    session.create();
    const [{ userIdentity }] = session.lookUp().records;
    assert.equal(userIdentity.type, 'AssumedRole');
    assert.equal(userIdentity.principalId, 'AROATHATROLE:i-1');
    assert.deepEqual(userIdentity.sessionContext.sessionIssuer, {
      type: 'Role',
      principalId: 'AROATHATROLE',
      arn: role,
      accountId: account,
      userName: 'app',
    });
    assert.deepEqual(session.lookUp(by('Username', 'i-1')).names, ['CreateGrant']);

    const root = setUp({ principalArn: `arn:aws:iam::${account}:root` });
    root.create();
    assert.equal(root.lookUp().records[0].userIdentity.type, 'Root');
    assert.equal(root.lookUp(by('Username', 'root')).events.length, 1);

    const foreign = setUp({ principalArn: 'arn:aws:iam::444455556666:user/ben' });
    foreign.create();
    foreign.kms('RevokeGrant', { GrantId: 'f'.repeat(64) });
    const [record, ...others] = foreign.lookUp().records;
    assert.deepEqual(others, [], "what failed is in the caller's account only");
    assert.deepEqual([record.userIdentity.type, record.userIdentity.arn], ['AWSAccount', undefined]);
    assert.equal(record.userIdentity.accountId, '444455556666');
    assert.match(record.sharedEventID, /^[0-9a-f-]{36}$/);
    const [event] = foreign.lookUp().events;
    assert.deepEqual([event.Username, event.AccessKeyId], [undefined, undefined]);
  });

  test('an event comes when its time has come', () => {
    const { lookUp, create, pass } = setUp({ eventDelayMs: 5 * minute });
    create();
    pass(5 * minute - 1);
    assert.deepEqual(lookUp().names, []);
    pass(1);
    assert.deepEqual(lookUp().names, ['CreateGrant']);
  });

  test('by default it takes minutes', () => {
    const { lookUp, create, pass } = setUp({}, {});
    create();
    pass(minute);
    assert.deepEqual(lookUp().names, []);
    pass(14 * minute);
    assert.deepEqual(lookUp().names, ['CreateGrant']);
  });
});

suite('uses of a key', () => {
  test('are the last use that KMS knows, and an event with the context and no word of a grant', () => {
    const { data, key, kms, lookUp } = setUp();
    const caller = {
      principalArn: `arn:aws:sts::${account}:assumed-role/app/i-1`,
      invokedBy: 'internal.amazonaws.com',
    };
    const encryptionContext = { 'aws:s3:arn': 'arn:aws:s3:::bucket/object' };
    const at = start - minute;
    const eventId = recordUse(data, key.id, { operation: 'Decrypt', caller, encryptionContext, at });
    const usage = Object(kms('GetKeyLastUsage', {}).output['KeyLastUsage']);
    assert.deepEqual([usage.Operation, usage.Timestamp, usage.CloudTrailEventId], ['Decrypt', at / 1000, eventId]);
    const { events, records } = lookUp(by('EventId', eventId));
    assert.equal(events.length, 1);
    const [record] = records;
    assert.equal(record.readOnly, true);
    assert.deepEqual(record.requestParameters, {
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      keyId: key.arn,
      encryptionContext,
    });
    assert.match(record.additionalEventData.keyMaterialId, /^[0-9a-f]{64}$/);
    assert.equal(record.responseElements, null);
    assert.deepEqual(
      [record.userIdentity.invokedBy, record.sourceIPAddress, record.userAgent],
      Array(3).fill('internal.amazonaws.com'),
    );
    assert.doesNotMatch(JSON.stringify(record), /grant/i);
  });

  test('are by a service itself where nobody else is behind it', () => {
    const { data, key, lookUp } = setUp();
    recordUse(data, key.id, { operation: 'ReEncryptFrom', caller: { invokedBy: 'AWS Internal' }, at: start });
    const { events, records } = lookUp();
    assert.deepEqual(records[0].userIdentity, { type: 'AWSService', invokedBy: 'AWS Internal' });
    assert.deepEqual([events[0].EventName, events[0].Username], ['ReEncrypt', undefined]);
  });
});

suite('LookupEvents', () => {
  test('finds by each attribute', () => {
    const { lookUp, create, kms, key, data } = setUp();
    const GrantId = create();
    kms('RevokeGrant', { GrantId });
    recordUse(data, key.id, { operation: 'Decrypt', caller: { invokedBy: 'ec2.amazonaws.com' }, at: start });
    const source = 'license-manager.amazonaws.com';
    data.events.record({ ...past('other', start), source }, start);
    const found = (key: string, value: string) => lookUp(by(key, value)).events.length;
    const [{ EventId: id }] = lookUp(by('EventName', 'RevokeGrant')).events;
    assert.equal(found('EventId', id), 1);
    assert.equal(found('EventName', 'CreateGrant'), 2);
    assert.equal(found('EventName', 'creategrant'), 0);
    assert.equal(found('ReadOnly', 'true'), 1);
    assert.equal(found('Username', 'alex'), 3);
    assert.equal(found('ResourceType', 'AWS::KMS::Key'), 3);
    assert.equal(found('ResourceName', key.arn), 3);
    assert.equal(found('ResourceName', key.id), 0);
    assert.equal(found('EventSource', source), 1);
    assert.equal(found('AccessKeyId', 'AKIAALEX'), 2);
    assert.equal(lookUp().events.length, 4);
  });

  test('is newest first, whatever came in first, and within its times, both included', () => {
    const { lookUp, data } = setUp();
    for (const minutes of [3, 1, 5, 2, 4]) {
      data.events.record(past(String(minutes), start - minutes * minute), start - minutes * minute);
    }
    assert.deepEqual(lookUp().ids, ['1', '2', '3', '4', '5']);
    const at = (minutes: number) => start / 1000 - minutes * 60;
    assert.deepEqual(lookUp({ StartTime: at(4), EndTime: at(2) }).ids, ['2', '3', '4']);
    assert.deepEqual(lookUp({ StartTime: at(4) + 0.5, EndTime: at(2) - 0.5 }).ids, ['3']);
    assert.deepEqual(lookUp({ StartTime: at(2), EndTime: at(2) }).ids, ['2']);
  });

  test('takes an event for the whole second in which it happened', () => {
    const { lookUp, data } = setUp();
    data.events.record(past('late in its second', start - 1), start);
    assert.deepEqual(lookUp({ EndTime: start / 1000 - 1 }).ids, ['late in its second']);
  });

  test('goes back 90 days', () => {
    const { lookUp, data, pass } = setUp();
    data.events.addPast(() => [past('old', start - 91 * day), past('young', start - 89 * day)]);
    assert.deepEqual(lookUp().ids, ['young']);
    pass(2 * day);
    assert.deepEqual(lookUp().ids, []);
  });

  test('pages through all, up to 50 at a time, while events come in', () => {
    const { lookUp, data } = setUp();
    data.events.addPast(() => Array.from({ length: 120 }, (_, n) => past(String(n), start - n * 1000)));
    const pages: string[][] = [];
    let token: unknown;
    do {
      const page = lookUp(token === undefined ? {} : { NextToken: token });
      assert.equal(page.error, undefined);
      pages.push(page.ids);
      token = page.token;
      data.events.record(past(`new ${pages.length}`, start), start);
    } while (token !== undefined);
    assert.deepEqual(
      pages.map(({ length }) => length),
      [50, 50, 20],
    );
    assert.deepEqual(
      pages.flat(),
      Array.from({ length: 120 }, (_, n) => String(n)),
    );
    assert.equal(lookUp({ MaxResults: 3 }).ids.length, 3);
  });

  test('may end a page early, even empty, where it looks through many events', () => {
    const { lookUp, data } = setUp({ scanLimit: 10 });
    data.events.addPast(() => Array.from({ length: 25 }, (_, n) => past(String(n), start - n * 1000)));
    const [first, wanted] = [lookUp(by('EventId', '22')), { ...by('EventId', '22') }];
    const second = lookUp({ ...wanted, NextToken: first.token });
    const third = lookUp({ ...wanted, NextToken: second.token });
    assert.deepEqual([first.ids, second.ids, third.ids, third.token], [[], [], ['22'], undefined]);
  });

  test('takes a token only with the query that it came from', () => {
    const { lookUp, create } = setUp();
    create();
    create();
    const query = { ...by('EventName', 'CreateGrant'), MaxResults: 1 };
    const { token: NextToken } = lookUp(query);
    assert.equal(lookUp({ ...query, NextToken }).ids.length, 1);
    for (const other of [
      { ...query, ...by('EventName', 'RevokeGrant') },
      { ...query, MaxResults: 2 },
      { ...query, StartTime: 1 },
      { MaxResults: 1 },
    ]) {
      assert.equal(lookUp({ ...other, NextToken }).error, 'InvalidNextTokenException');
    }
    assert.equal(lookUp({ ...query, NextToken: 'bm9uZQ==' }).error, 'InvalidNextTokenException');
  });

  test('refuses what is not valid, each in its own words', () => {
    const { lookUp } = setUp();
    const [attribute] = by('EventName', 'CreateGrant').LookupAttributes;
    const cases: readonly (readonly [object, string])[] = [
      [{ LookupAttributes: [attribute, attribute] }, 'InvalidLookupAttributesException'],
      [by('Region', 'eu-west-1'), 'InvalidLookupAttributesException'],
      [by('EventName', ''), 'InvalidLookupAttributesException'],
      [by('EventName', 'x'.repeat(2001)), 'InvalidLookupAttributesException'],
      [{ LookupAttributes: [{ AttributeKey: 'EventName' }] }, 'ValidationException'],
      [{ LookupAttributes: 'EventName' }, 'SerializationException'],
      [{ LookupAttributes: ['EventName'] }, 'SerializationException'],
      [{ StartTime: 2, EndTime: 1 }, 'InvalidTimeRangeException'],
      [{ StartTime: '2026' }, 'SerializationException'],
      [{ MaxResults: 0 }, 'InvalidMaxResultsException'],
      [{ MaxResults: 51 }, 'InvalidMaxResultsException'],
      [{ EventCategory: 'data' }, 'InvalidEventCategoryException'],
    ];
    for (const [input, error] of cases) {
      const answer = lookUp(input);
      assert.equal(answer.error, error, JSON.stringify(input));
      assert.ok(answer.message);
    }
    assert.deepEqual(lookUp({ EventCategory: 'insight' }).events, []);
    assert.equal(lookUp(by('EventName', 'x'.repeat(2000))).error, undefined);
  });

  test('is denied without naming a resource', () => {
    const { lookUp, emulator } = setUp();
    emulator.setDenials([{ operation: 'cloudtrail:*' }]);
    const { error, message } = lookUp();
    assert.equal(error, 'AccessDeniedException');
    assert.equal(
      message,
      `User: ${alex} is not authorized to perform: cloudtrail:LookupEvents because no identity-based policy allows the cloudtrail:LookupEvents action`,
    );
  });

  test('is throttled at two a second', () => {
    const { lookUp, pass } = setUp({ throttle: 1 });
    assert.deepEqual([lookUp().error, lookUp().error], [undefined, undefined]);
    const { error, message } = lookUp();
    assert.deepEqual([error, message], ['ThrottlingException', 'Rate exceeded']);
    pass(500);
    assert.deepEqual([lookUp().error, lookUp().error], [undefined, 'ThrottlingException']);
  });

  test('goes wrong as ordered, and by either name of its target', () => {
    const { lookUp, emulator, send } = setUp();
    const long = 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents';
    assert.deepEqual(send(long, {}).output, { Events: [] });
    emulator.setFaults([
      { operation: 'LookupEvents', fault: { kind: 'error', code: 'OperationNotPermittedException' } },
    ]);
    assert.equal(lookUp().error, 'OperationNotPermittedException');
    assert.equal(send('CloudTrail_20131101.DescribeTrails', {}).error, 'UnknownOperationException');
    assert.deepEqual(
      emulator.requests.map(({ service, operation }) => `${service} ${operation}`),
      ['cloudtrail LookupEvents', 'cloudtrail LookupEvents', 'cloudtrail DescribeTrails'],
    );
  });
});
