import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { keyDetailsAsJson, readKeyDetails } from '../../core/words/keyDetails.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import type { KeyNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

/** Everything that KMS says of one key, as a read-only document. */
export async function keyDetails(
  context: Needs<'connections' | 'documents'>,
  { connection, key }: KeyNode,
): Promise<void> {
  const { api, closed } = sessionOf(context, connection);
  const details = await withCancellableProgress(l10n.t('Reading the key…'), (signal) =>
    readKeyDetails(api, key.arn, AbortSignal.any([signal, closed])),
  );
  await context.documents.show(l10n.t('{0} – details', printable(keyLabel(key), 60)), keyDetailsAsJson(key, details));
}
