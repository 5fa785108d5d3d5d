import assert from 'node:assert/strict';
import test from 'node:test';
import { holdsForRow } from '../../../../src/core/base/whenClause.ts';

test('the condition on the row alone decides, whatever the view and the settings', () => {
  const clause =
    'view =~ /^kmsGrants\\.(keys|grantees)$/ && viewItem =~ /^(key|grant)\\b/ && !config.kmsGrants.readOnly';
  assert.equal(holdsForRow(clause, 'key.alias'), true);
  assert.equal(holdsForRow(clause, 'grant.retirable'), true);
  assert.equal(holdsForRow(clause, 'connection'), false);
});

test('a row that is named is that row alone', () => {
  const clause = 'view == kmsGrants.keys && viewItem == grant.confirming';
  assert.equal(holdsForRow(clause, 'grant.confirming'), true);
  assert.equal(holdsForRow(clause, 'grant.confirming.other'), false);
  assert.equal(holdsForRow(clause, ''), false);
});

test('a clause without a condition on rows holds for none', () => {
  assert.equal(holdsForRow('editorHasSelection', 'key'), false);
  assert.equal(holdsForRow('', ''), false);
});
