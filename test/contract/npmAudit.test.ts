import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { audit } from '../host/audit.ts';

/** A registry on this machine, which answers an audit like this. */
async function registry(t: TestContext, status: number, advisories: object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    const isAudit = request.url === '/-/npm/v1/security/advisories/bulk';
    response.writeHead(isAudit ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAudit ? advisories : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const advisory = {
  id: 1,
  url: 'https://example.com/1',
  title: 'Breaks',
  severity: 'high',
  vulnerable_versions: '<99',
};

test('a package that ships and has an advisory is named', async (t) => {
  const url = await registry(t, 200, { 'csv-stringify': [advisory] });
  const answer = await audit(url);
  assert.ok(answer.kind === 'vulnerable');
  assert.equal(answer.packages.length, 1);
  assert.match(answer.packages[0] ?? '', /^csv-stringify .* \(high\)$/);
});

test('an advisory of a package that is for development alone, or none at all, is nothing to report', async (t) => {
  const url = await registry(t, 200, { esbuild: [advisory] });
  assert.deepEqual(await audit(url), { kind: 'clean' });
});

test('a registry without audits, and one that is not there, say nothing of the packages', async (t) => {
  const without = await audit(await registry(t, 405, {}));
  assert.ok(without.kind === 'unknown');
  assert.match(without.reason, /^405 Method Not Allowed/);
  const absent = await audit('http://127.0.0.1:1/');
  assert.ok(absent.kind === 'unknown');
  assert.match(absent.reason, /ECONNREFUSED/);
});
