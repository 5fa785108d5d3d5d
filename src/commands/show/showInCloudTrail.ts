import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import type { CloudTrailFilter } from '../../core/kms/kmsApi.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { UserError } from '../../core/words/userError.ts';
import { type PickItem, pick } from '../../platform/pick.ts';
import type { GrantNode, KeyNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

/** Opens CloudTrail's event history in the AWS console. It filters by one attribute, which the user picks. */
export async function showInCloudTrail(
  context: Needs<'aws' | 'connections'>,
  { connection, key }: KeyNode | GrantNode,
) {
  const { endpoint, region } = sessionOf(context, connection).connection;
  if (endpoint.kind !== 'aws') {
    throw new UserError(l10n.t("This connection doesn't lead to AWS itself, so CloudTrail has no events of it."));
  }
  const aws = await context.aws();
  const url = (filter: CloudTrailFilter) => aws.cloudTrailUrl(region, filter);
  if (url({ kind: 'key', keyArn: key.arn }) === undefined) {
    throw new UserError(l10n.t('No AWS console is known for Region {0}.', region));
  }
  const filter = await pick<CloudTrailFilter>({
    title: l10n.t('Show in CloudTrail: {0}', printable(keyLabel(key))),
    placeholder: l10n.t('CloudTrail filters by one attribute: the key, or the kind of event'),
    empty: '',
    load: async (show) => show(choices(key.arn, region)),
  });
  if (filter === undefined) {
    return;
  }
  await vscode.env.openExternal(vscode.Uri.parse(url(filter) ?? '', true));
}

function choices(keyArn: string, region: string): readonly PickItem<CloudTrailFilter>[] {
  const event = (name: 'CreateGrant' | 'RetireGrant' | 'RevokeGrant'): PickItem<CloudTrailFilter> => ({
    label: l10n.t('{0} events', name),
    description: l10n.t('of all keys in {0}, 90 days back', region),
    value: { kind: 'event', name },
  });
  return [
    event('RevokeGrant'),
    event('RetireGrant'),
    event('CreateGrant'),
    {
      label: l10n.t('All events of this key'),
      description: l10n.t('grants, uses, and changes, 90 days back'),
      value: { kind: 'key', keyArn },
    },
  ];
}
