import assert from 'node:assert/strict';
import test from 'node:test';
import type { Looked } from '../../../../src/core/evidence/eventSearch.ts';
import { useSearch } from '../../../../src/core/evidence/useSearch.ts';
import { useSearches } from '../../../../src/core/evidence/useSearchText.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { grant, keyArnOf, kmsError } from '../fakes.ts';
import { alice, FakeEvidence, trailEvent } from './fakeEvidence.ts';

const keyArn = keyArnOf('k1');
const never = new AbortController().signal;
const time = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute));
const now = time(60).getTime();
const held = grant('g1', {
  keyArn,
  creationDate: time(0),
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: alice.arn },
});
const use = (name: string, minute: number) => trailEvent(name, time(minute), { resources: [{ ARN: keyArn }] });

/** A search in pages of two. */
function searching(names: readonly string[], of: Grant = held) {
  const api = new FakeEvidence();
  api.pageSize = 2;
  api.events = names.map((name, index) => use(name, names.length - index));
  const search = useSearch(api, of, keyArn, now);
  const steps: Looked[] = [];
  const look = (pages = 20, signal = never) => search.look({ pages, signal, progress: (looked) => steps.push(looked) });
  return { api, search, steps, look };
}

test('the events are read from the newest on, until one is a use; a second look goes on behind it', async () => {
  const { api, search, steps, look } = searching(['Encrypt', 'Encrypt', 'Decrypt', 'Decrypt', 'Encrypt']);
  const first = await look();
  assert.deepEqual([first?.what.operation, first?.source.time], ['Decrypt', time(3)]);
  assert.deepEqual(search.looked, { events: 3, matches: 1, backTo: time(3), since: time(0), isWhole: false });
  assert.deepEqual(
    steps.map(({ events }) => events),
    [0, 2, 3],
  );
  assert.equal((await look())?.source.time.getTime(), time(2).getTime());
  assert.equal(api.requests.length, 2, 'the rest of the page was read already');
  assert.equal(await look(), undefined);
  assert.deepEqual(search.looked, { events: 5, matches: 2, backTo: time(1), since: time(0), isWhole: true });
});

test('a look ends after its pages, and the next goes on from there', async () => {
  const { api, search, look } = searching(['Encrypt', 'Encrypt', 'Encrypt', 'Encrypt', 'Decrypt']);
  assert.equal(await look(2), undefined);
  assert.deepEqual(search.looked, { events: 4, matches: 0, backTo: time(2), since: time(0), isWhole: false });
  assert.equal(api.requests.length, 2);
  assert.equal((await look(2))?.what.operation, 'Decrypt');
});

test('what failed or was cancelled loses nothing of what was looked at', async () => {
  const { api, search, look } = searching(['Encrypt', 'Encrypt', 'Encrypt', 'Decrypt']);
  api.before = () => {
    if (api.requests.length === 2) {
      throw kmsError('network');
    }
  };
  await assert.rejects(look(), { name: 'KmsError' });
  assert.equal(search.looked.events, 2);
  const cancel = new AbortController();
  cancel.abort();
  await assert.rejects(look(20, cancel.signal), { name: 'AbortError' });
  assert.equal((await look())?.source.time.getTime(), time(1).getTime());
});

test('events from before the grant are not asked for; of an old grant, all that the event history has', async () => {
  const since: (Date | undefined)[] = [];
  for (const creationDate of [new Date(time(3).getTime() + 500), new Date(0), undefined]) {
    const { api, look } = searching(['Encrypt'], { ...held, creationDate });
    const { lookupEvents } = api;
    api.lookupEvents = (query, ...rest) => {
      since.push(query.since);
      return lookupEvents.call(api, query, ...rest);
    };
    await look();
  }
  assert.deepEqual(since, [time(3), undefined, undefined]);
});

test('a use is said with its time and its caller, and that no event names a grant', async () => {
  const { look } = searching(['Decrypt']);
  const found = (await look()) ?? assert.fail();
  const text = useSearches.foundText(found, held, found.source.time.getTime() + 2 * 60 * 60_000 + 5);
  assert.match(
    text,
    /^Found a use that this grant would allow: Decrypt, 2 h ago \(2026-11-0\d [\d:]+\), by Alice \(IAM user\)\. /,
  );
  assert.match(text, / Events don't name grants, so another grant or policy may have allowed it\.$/);
});

test('what was looked at is said, with how far; never that a grant is not used', () => {
  const backTo = time(5);
  const texts = [
    useSearches.lookedText({ events: 100, matches: 0, backTo, since: undefined, isWhole: false }, held),
    useSearches.lookedText({ events: 100, matches: 0, backTo, since: undefined, isWhole: true }, held),
    useSearches.lookedText({ events: 100, matches: 0, backTo, since: time(0), isWhole: true }, held),
    useSearches.lookedText({ events: 0, matches: 0, backTo: undefined, since: time(0), isWhole: true }, held),
    useSearches.lookedText({ events: 0, matches: 0, backTo: undefined, since: time(0), isWhole: false }, held),
    useSearches.lookedText(
      { events: 50, matches: 0, backTo, since: time(0), isWhole: false },
      held,
      kmsError('network'),
    ),
  ];
  const [partial, whole, sinceCreation, none, nothing, failed] = texts;
  assert.match(
    partial ?? '',
    /^Events of this key read: 100, back to 2026-11-0\d [\d:]+\. No match\. This proves nothing/,
  );
  const further = { events: 100, matches: 1, backTo, since: undefined, isWhole: false };
  assert.match(useSearches.lookedText(further, held), /No further match\./);
  assert.match(whole ?? '', /goes back only 90 days/);
  assert.match(sinceCreation ?? '', /back to the creation of the grant, 2026-11-0\d/);
  assert.match(none ?? '', /^CloudTrail listed no events of this key\./);
  assert.match(nothing ?? '', /^No events were read\./);
  assert.match(failed ?? '', /^Can't reach .* Events of this key read: 50, /);
  for (const text of texts) {
    assert.doesNotMatch(text, /unused|never used|not used|no use/i);
    assert.match(text, /proves nothing/);
  }
});

test('what events leave open for a grant is said', () => {
  const looked: Looked = { events: 0, matches: 0, backTo: undefined, since: undefined, isWhole: true };
  const textOf = (value: string, sourceArn?: string) =>
    useSearches.lookedText(looked, {
      ...held,
      granteePrincipal: { kind: 'principal', value },
      constraints: { ...held.constraints, sourceArn },
    });
  assert.match(textOf('AWS Internal'), /AWS uses the name AWS Internal for several services\./);
  assert.match(textOf('arn:aws:iam::444455556666:role/X'), /calls from another account don't name the principal/);
  assert.doesNotMatch(textOf('arn:aws:iam::444455556666:root'), /another account/);
  assert.match(textOf('rds.amazonaws.com', 'arn:aws:rds:eu-west-1:111122223333:db:a'), /source ARN/);
});
