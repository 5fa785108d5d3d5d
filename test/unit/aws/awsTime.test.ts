import assert from 'node:assert/strict';
import test from 'node:test';
import { type Answer, createWorld, failure, keyArn, never, profileAt, serve } from './support.ts';

const aheadMs = 3_600_000;

/** A server whose clock is an hour ahead of ours. */
const dated = (answer: Answer): Answer =>
  typeof answer === 'object' ? { ...answer, headers: { date: new Date(Date.now() + aheadMs).toUTCString() } } : answer;

test("AWS's time is that of its last answer, also of a refusal, whatever the clock of this computer says", async (t) => {
  let isDenied = true;
  const server = await serve(t, () =>
    dated(isDenied ? failure('AccessDeniedException', 'no') : { body: { Grants: [] } }),
  );
  const { open } = await createWorld(t, { config: profileAt(server.url) });
  const { api, awsTime } = await open();
  assert.equal(awsTime(), undefined);
  const isAhead = () => Math.abs((awsTime() ?? 0) - (Date.now() + aheadMs)) < 60_000;
  await assert.rejects(api.listGrants({ keyArn }, never));
  assert.ok(isAhead(), 'after a refusal');
  isDenied = false;
  await api.listGrants({ keyArn }, never);
  assert.ok(isAhead(), 'after an answer');
});

test('a server that gives no date, or none that is one, gives no time', async (t) => {
  const server = await serve(t, () => (response) => {
    response.sendDate = false;
    response.writeHead(200, { date: 'soon' }).end('{"Grants":[]}');
  });
  const { open } = await createWorld(t, { config: profileAt(server.url) });
  const { api, awsTime } = await open();
  await api.listGrants({ keyArn }, never);
  assert.equal(awsTime(), undefined);
});
