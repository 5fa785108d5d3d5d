import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { keyDetailsAsJson, readKeyDetails } from '../../core/words/keyDetails.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import type { KeyNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf, whileOpen } from '../context.ts';
import { keyPage } from './keyPage.ts';
import { showPage } from './showPage.ts';

/** Everything that KMS says of one key, as a read-only page. */
export async function keyDetails(context: Needs<'connections' | 'documents' | 'view'>, node: KeyNode): Promise<void> {
  const { connection, key } = node;
  const session = sessionOf(context, connection);
  const details = await withCancellableProgress(l10n.t('Reading the key…'), (signal) =>
    whileOpen(session, signal, (either) => readKeyDetails(session.api, key.arn, either)),
  );
  const name = l10n.t('{0} – details', printable(keyLabel(key), 60));
  const page = keyPage(key, details, context.view.findings(node));
  await showPage(context, name, page, keyDetailsAsJson(key, details));
}
