import assert from 'node:assert/strict';
import { isSamePrincipal } from '../../src/core/kms/actor.ts';
import { accountOfArn } from '../../src/core/kms/model.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { dialogs } from '../faults/vscode.ts';
import type { World } from '../faults/world.ts';

/** What a person pressed the button for, by what the question said. */
export interface Confirmed {
  readonly operation: 'CreateGrant' | 'RevokeGrant' | 'RetireGrant';
  readonly keyArn: string;
  readonly grantId: string;
  /** Whom the question named as the one who acts; `undefined` when it said that STS gave no answer. */
  readonly principal: string | undefined;
}

/** Answers the questions of commands, and keeps what they confirmed. */
export class Answers {
  readonly #confirmed: Confirmed[] = [];
  #selected: readonly GrantNode[] = [];
  #lastQuestion = '';

  /** Answers the questions of one command; what is confirmed is what the question says. */
  answer(isYes: boolean, meanwhile: () => Promise<void>, note: (text: string) => void): void {
    dialogs.press = async (message, buttons, detail) => {
      if (detail === undefined) {
        return undefined;
      }
      await meanwhile();
      this.#lastQuestion = `${isYes ? 'yes' : 'no'}: ${message}\n${detail}`;
      if (!isYes) {
        return undefined;
      }
      const value = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(detail)?.[1];
      const signIns = [...detail.matchAll(/signed in as:? (arn:[^\s,]+)/gi)].map(([, arn]) => arn);
      // With several connections the grants have no one principal, and some may not be verified.
      const [, connections = ''] = /Connections:\n((?:.+\n?)+)/.exec(detail) ?? [];
      const places = connections.match(/^• /gm)?.length ?? 1;
      const principal = signIns.length === 1 && places === 1 ? signIns[0] : undefined;
      const keyArn = value('Key ARN');
      const grantId = value('Grant ID') ?? '';
      if (keyArn !== undefined) {
        const operation = { Rev: 'RevokeGrant', Ret: 'RetireGrant', Rec: 'CreateGrant' } as const;
        const kind = message.slice(0, 3);
        assert.ok(kind === 'Rev' || kind === 'Ret' || kind === 'Rec', message);
        this.#confirmed.push({ operation: operation[kind], keyArn, grantId, principal });
      } else {
        // A list that does not fit is in an editor behind the question, and then all that is selected may be in it.
        const [, list] = /To be revoked:\n((?:.+\n)+)/.exec(detail) ?? [];
        const starts =
          list === undefined ? [''] : [...list.matchAll(/ · ([0-9a-f]{8})$/gm)].map(([, start = '']) => start);
        for (const start of starts) {
          for (const { key, grant } of this.#selected) {
            if (!grant.grantId.startsWith(start)) {
              continue;
            }
            this.#confirmed.push({ operation: 'RevokeGrant', keyArn: key.arn, grantId: grant.grantId, principal });
          }
        }
      }
      note('confirmed');
      return buttons[0];
    };
    dialogs.type = async (_, expected) => (isYes ? expected : undefined);
  }

  /** The grants of a bulk revoke, whose question has only the beginnings of their IDs. */
  select(nodes: readonly GrantNode[]): void {
    this.#selected = [...this.#selected, ...nodes].slice(-100);
  }

  /** What no question asks. */
  confirm(confirmed: Confirmed): void {
    this.#confirmed.push(confirmed);
  }

  /** @throws when nobody confirmed this change */
  assertConfirmed(write: World['writes'][number]): void {
    const isConfirmed = this.#confirmed.some(
      ({ operation, keyArn, grantId, principal }) =>
        operation === write.operation &&
        keyArn === write.keyArn &&
        grantId === write.grantId &&
        (principal === undefined || isSame(principal, write.principalArn)),
    );
    const asked = this.#confirmed.filter(({ grantId }) => grantId === write.grantId || write.grantId === '');
    const questions = asked.map((one) => JSON.stringify(one)).slice(-5);
    assert.ok(
      isConfirmed,
      `Nobody confirmed ${JSON.stringify(write)}; of this grant was confirmed: ${questions.join(', ')}; the last question: ${this.#lastQuestion}`,
    );
  }
}

/** The same principal; sessions of a role have another name after each sign-in. */
function isSame(shown: string, acted: string): boolean {
  return isSamePrincipal(
    { account: accountOfArn(shown) ?? '', arn: shown },
    { account: accountOfArn(acted) ?? '', arn: acted },
  );
}
