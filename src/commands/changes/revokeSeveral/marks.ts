import { localDay, localTime } from '../../../core/base/text.ts';
import { managingService } from '../../../core/findings/findings.ts';
import { serviceOfGrant, usedByText } from '../../../core/kms/serviceGrant.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { isGrouped } from '../../../views/grantees/granteesNodes.ts';
import { shortOperations } from '../../../views/shared/grantFields.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import type { Needs } from '../../context.ts';

/** What distinguishes grants that look alike: date, findings and ID. */
export function marksOf(context: Needs<'view'>, node: GrantNode, id = shortId(node)): readonly string[] {
  const created = node.grant.creationDate;
  return [...(created === undefined ? [] : [localTime(created)]), ...findingTitles(context, node), id];
}

/** Shorter, for one line: the day, the first finding and the beginning of the ID. */
function shortMarksOf(context: Needs<'view'>, node: GrantNode): readonly string[] {
  const created = node.grant.creationDate;
  const [first, ...others] = findingTitles(context, node);
  return [
    ...(created === undefined ? [] : [localDay(created)]),
    ...(first === undefined ? [] : [others.length === 0 ? first : `${first} +${others.length}`]),
    shortId(node),
  ];
}

function findingTitles({ view }: Needs<'view'>, node: GrantNode): readonly string[] {
  const findings = isGrouped(node) ? node.held.findings : view.findings(node);
  return findings.map(({ title }) => title);
}

function shortId({ grant }: GrantNode): string {
  return grant.grantId.slice(0, 8);
}

/** Such as `used by AWS Lambda for function orders`; empty unless the grant is of a service. */
export function usedBy({ grant }: GrantNode): readonly string[] {
  const used = serviceOfGrant(grant);
  return used === undefined ? [] : [usedByText(used)];
}

export function isOfService({ connections }: Needs<'connections'>, { connection, key, grant }: GrantNode): boolean {
  const metadata = connections.find(connection)?.inventory.metadata(key.arn);
  return managingService(grant, key, metadata) !== undefined;
}

export function lineOf(context: Needs<'view'>, node: GrantNode): string {
  const { key, grant } = node;
  const parts = [grantName(grant), keyName(key), shortOperations(grant.operations), ...usedBy(node)];
  return `• ${[...parts, ...shortMarksOf(context, node)].join(' · ')}`;
}
