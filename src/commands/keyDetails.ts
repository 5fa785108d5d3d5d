import * as l10n from '@vscode/l10n';
import type { Clock } from '../core/clock.ts';
import { createPace, keyDetailsAsJson, lastUsagePerSecond, readKeyDetails } from '../core/keyDetails.ts';
import { keyLabel } from '../core/model.ts';
import { printable } from '../core/text.ts';
import { withCancellableProgress } from '../platform/progress.ts';
import type { KeyNode } from '../views/nodes.ts';
import { type CommandContext, sessionOf } from './context.ts';

/** All that KMS tells of one key, as one read-only document. The handler keeps the pace of GetKeyLastUsage. */
export function keyDetails(clock: Clock): (context: CommandContext, node: KeyNode) => Promise<void> {
  const lastUsageTurn = createPace(clock, lastUsagePerSecond);
  return async (context, { connection, key }) => {
    const { api, closed } = sessionOf(context, connection);
    const details = await withCancellableProgress(l10n.t('Reading the key…'), (signal) =>
      readKeyDetails(api, key.arn, lastUsageTurn, AbortSignal.any([signal, closed])),
    );
    await context.documents.show(l10n.t('{0} – details', printable(keyLabel(key), 60)), keyDetailsAsJson(key, details));
  };
}
