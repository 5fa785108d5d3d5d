import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { mapResult, singleSelection } from '../../../core/base/wizard.ts';
import type { Session } from '../../../core/connections/session.ts';
import { isAwsManaged, type KmsKey, keyLabel } from '../../../core/kms/model.ts';
import { pickStep } from '../../../platform/steps.ts';
import type { Ask } from './answers.ts';

export function keyStep(session: () => Session): Ask {
  return async (answers, frame) => {
    const { connection, inventory } = session();
    let keys: readonly KmsKey[] = [];
    const answer = await pickStep<KmsKey>(frame, {
      placeholder: l10n.t("Key in {0}. You can't create grants on AWS managed keys.", connection.region),
      items: () => keys.map((value) => ({ label: printable(keyLabel(value)), description: value.keyId, value })),
      selected: ({ arn }) => arn === answers.key?.arn,
      load: async (redraw) => {
        for await (const listing of inventory.allKeys()) {
          if (listing.state.kind === 'failed') {
            throw listing.state.error;
          }
          keys = listing.keys.filter((key) => !isAwsManaged(key, inventory.metadata(key.arn)));
          redraw();
        }
      },
      decide: () => 'accept',
    });
    return mapResult(singleSelection(answer), (key) =>
      // What is known of the key is not true of another.
      key.arn === answers.key?.arn ? answers : { ...answers, key, metadata: undefined },
    );
  };
}
