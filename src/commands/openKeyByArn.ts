import * as l10n from '@vscode/l10n';
import { keyArnProblem } from '../core/pinnedKeys.ts';
import { askText } from '../platform/prompts.ts';
import type { ConnectionNode, KeyNode } from '../views/nodes.ts';
import { pickConnection } from './connectionCommands.ts';
import type { CommandContext } from './context.ts';

/** Pins a key of any account and Region below a connection whose principal may use it. */
export async function openKeyByArn(context: CommandContext, node?: ConnectionNode): Promise<void> {
  const ref = node?.ref ?? (await pickConnection(context));
  if (ref === undefined) return;
  const arn = await askText(
    l10n.t('Open Key by ARN'),
    l10n.t('ARN of a key of any account and Region that this connection may use'),
    'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    keyArnProblem,
  );
  if (arn === undefined) return;
  await context.pinnedKeys.add(ref, arn);
  context.view.onPinnedKeysChanged(ref);
}

export async function removeKey(context: CommandContext, { key, pinnedTo }: KeyNode): Promise<void> {
  if (pinnedTo === undefined) return;
  await context.pinnedKeys.remove(pinnedTo, key.arn);
  context.view.onPinnedKeysChanged(pinnedTo);
}
