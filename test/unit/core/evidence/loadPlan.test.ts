import assert from 'node:assert/strict';
import test from 'node:test';
import type { Session } from '../../../../src/core/connections/session.ts';
import { planLoads } from '../../../../src/core/evidence/loadPlan.ts';
import { FakeKms, grant, key, openSession } from '../fakes.ts';

const session = (region: string, profile = 'dev'): Session =>
  openSession(new FakeKms(), { kind: 'profile', profile, region });
const [ireland, frankfurt, other] = [session('eu-west-1'), session('eu-central-1'), session('eu-west-1', 'other')];
const role = (name: string) => ({ kind: 'principal', value: `arn:aws:iam::111122223333:role/${name}` }) as const;
const place = (
  of: Session,
  keyId: string,
  grantId: string,
  granteePrincipal: ReturnType<typeof role> = role('app'),
) => ({
  session: of,
  key: key(keyId),
  grant: grant(grantId, { granteePrincipal }),
});
const all = () => true;
const own = (_: string | undefined, of: Session) => of;

test('a question for each grant, key and holder, in the order of the grants', () => {
  const places = [place(ireland, 'k2', 'g1'), place(ireland, 'k1', 'g2', role('web')), place(ireland, 'k2', 'g3')];
  const { sessions, accounts } = planLoads(places, all, own);
  assert.equal(sessions.length, 1);
  const [plan] = sessions;
  assert.deepEqual(
    plan?.creators.map(({ first }) => first.grant.grantId),
    ['g1', 'g2', 'g3'],
  );
  for (const pieces of [plan?.usages, plan?.policies]) {
    assert.deepEqual(
      pieces?.map(({ first, places: about }) => [first.key.keyId, about.length]),
      [
        ['k2', 2],
        ['k1', 1],
      ],
    );
  }
  assert.deepEqual(
    accounts.map(({ leading, byName }) => [leading, byName.map(({ places: about }) => about.length)]),
    [[ireland, [2, 1]]],
  );
});

test('nothing is asked that is known', () => {
  const places = [place(ireland, 'k1', 'g1'), place(ireland, 'k1', 'g2')];
  const { sessions, accounts } = planLoads(
    places,
    ({ grant: { grantId } }, kind) => kind === 'creator' && grantId === 'g2',
    own,
  );
  const [plan] = sessions;
  assert.deepEqual([plan?.creators.length, plan?.usages, plan?.policies, accounts], [1, [], [], []]);
});

test('holders are asked for once by each sign-in, whatever the Region', () => {
  const places = [place(ireland, 'k1', 'g1'), place(frankfurt, 'k1', 'g1'), place(other, 'k1', 'g1')];
  const { sessions, accounts } = planLoads(places, all, own);
  assert.equal(sessions.length, 3);
  assert.deepEqual(
    accounts.map(({ leading, byName }) => [leading, byName.length, byName[0]?.places.length]),
    [
      [ireland, 1, 2],
      [other, 1, 1],
    ],
  );
});

test('what no request can answer is with no session; IDs are apart from names', () => {
  const id = { kind: 'principal', value: 'AROAGONE' } as const;
  const service = { kind: 'servicePrincipal', value: 'rds.amazonaws.com' } as const;
  const unknown = grant('g3', { granteePrincipal: service });
  const places = [
    place(ireland, 'k1', 'g1'),
    { ...place(ireland, 'k1', 'g2'), grant: grant('g2', { granteePrincipal: id }) },
    { ...place(ireland, 'k1', 'g3'), grant: unknown },
  ];
  const { accounts } = planLoads(places, all, own);
  assert.deepEqual(
    accounts.map(({ leading, byName, byId }) => [leading, byName.length, byId.length]),
    [
      [ireland, 1, 1],
      [undefined, 1, 0],
    ],
  );
  const lost = planLoads(places, all, () => undefined).accounts;
  assert.deepEqual(
    lost.map(({ byName, byId }) => [byName.length, byId.length]),
    [[3, 0]],
  );
});
