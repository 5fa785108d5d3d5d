import { AwsError } from '../errors.ts';
import type { Input } from '../input.ts';
import { checkPermission, type Operation } from '../kms.ts';
import { openMarker, sealMarker } from '../paging.ts';
import { day } from '../time.ts';
import { attributesOf, type EventAttributes, recordOf } from './record.ts';

const lookupEvents: Operation = (call) => {
  const { input, kms, now } = call;
  const query = readQuery(input);
  const token = input.string('NextToken', { max: 4096 });
  input.check();
  checkPermission(call, 'cloudtrail:LookupEvents');
  const { account, scanLimit } = kms;
  const scope = JSON.stringify(['LookupEvents', query]);
  const { attribute, start = 0, end = Number.POSITIVE_INFINITY, category, limit } = query;
  const found: object[] = [];
  let [scanned, last] = [0, token === undefined ? 0 : openMarker(token, scope, invalidToken)];
  // Only management events are recorded here, no insights.
  const events = category === undefined ? account.events.newestFirst(now, last) : [];
  for (const { event, position } of events) {
    // CloudTrail records whole seconds.
    const second = Math.floor(event.at / 1000);
    if (event.at < now - historyMs || second * 1000 < start) {
      break;
    }
    if (second * 1000 > end) {
      continue;
    }
    const attributes = attributesOf(event, account);
    const matches = attribute === undefined || attributes[attribute.key] === attribute.value;
    if ((matches && found.length === limit) || scanned === scanLimit) {
      return { Events: found, NextToken: sealMarker(last, scope) };
    }
    if (matches) {
      const { ResourceType, ResourceName, ...members } = attributes;
      found.push({
        ...members,
        EventTime: second,
        Resources: ResourceName === undefined ? [] : [{ ResourceType, ResourceName }],
        CloudTrailEvent: JSON.stringify(recordOf(event, account)),
      });
    }
    scanned++;
    last = position;
  }
  return { Events: found };
};

/** The operations of CloudTrail that are implemented, by their name in X-Amz-Target. */
export const cloudTrailOperations: ReadonlyMap<string, Operation> = new Map([['LookupEvents', lookupEvents]]);

/** Event history goes back 90 days. */
const historyMs = 90 * day;

const attributeKeys: readonly (keyof EventAttributes)[] = [
  'EventId',
  'EventName',
  'ReadOnly',
  'Username',
  'ResourceType',
  'ResourceName',
  'EventSource',
  'AccessKeyId',
];

/** What is looked for. Times are milliseconds since the epoch. */
interface Query {
  readonly attribute: { readonly key: keyof EventAttributes; readonly value: string } | undefined;
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly category: string | undefined;
  readonly limit: number;
}

/** @throws AwsError */
function readQuery(input: Input): Query {
  const attributes = (input.structures('LookupAttributes') ?? []).map((attribute) => ({
    key: attribute.requiredString('AttributeKey', { max: 64 }),
    value: attribute.requiredString('AttributeValue', { min: 0, max: Number.POSITIVE_INFINITY }),
  }));
  const [start, end] = [input.timestamp('StartTime'), input.timestamp('EndTime')];
  const limit = input.integer('MaxResults', unlimited) ?? 50;
  const category = input.string('EventCategory', { min: 0, max: 64 });
  input.check();
  const [attribute] = attributes;
  const key = attributeKeys.find((known) => known === attribute?.key);
  if (attributes.length > 1) {
    throw invalidAttributes('You can specify at most one lookup attribute.');
  }
  if (attribute && (key === undefined || attribute.value === '' || attribute.value.length > 2000)) {
    throw invalidAttributes(`The lookup attribute ${attribute.key} is not valid.`);
  }
  if (limit < 1 || limit > 50) {
    throw new AwsError('InvalidMaxResultsException', 'MaxResults must be between 1 and 50.');
  }
  if (start !== undefined && end !== undefined && start > end) {
    throw new AwsError('InvalidTimeRangeException', 'The start time occurs after the end time.');
  }
  if (category !== undefined && category !== 'insight') {
    throw new AwsError('InvalidEventCategoryException', 'The event category is not valid.');
  }
  return { attribute: key && attribute && { key, value: attribute.value }, start, end, category, limit };
}

const unlimited = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

const invalidAttributes = (message: string) => new AwsError('InvalidLookupAttributesException', message);

const invalidToken = () =>
  new AwsError(
    'InvalidNextTokenException',
    'Invalid token or token that was previously used in a request with different parameters.',
  );
