import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { Emitter, type Subscription } from '../../core/base/emitter.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { Session } from '../../core/connections/session.ts';
import type { LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import { grantIdentity } from '../../core/kms/model.ts';
import type { LazyTerraform } from '../../core/terraform/lazyTerraform.ts';
import { contextKeys } from '../../manifest.ts';
import { message } from './messages.ts';
import type { EvidenceLineNode, EvidenceNode, MessageNode } from './nodes.ts';

export interface EvidenceRowsOptions {
  readonly connections: Pick<Connections, 'find'>;
  readonly evidence: LazyEvidence;
  readonly terraform: Pick<LazyTerraform, 'linesOf'>;
}

/** The rows below Evidence in a view. AWS is asked when they are first shown. */
export class EvidenceRows {
  readonly #connections: Pick<Connections, 'find'>;
  readonly #evidence: LazyEvidence;
  readonly #terraform: Pick<LazyTerraform, 'linesOf'>;
  readonly #idOf: (node: EvidenceNode) => string;
  readonly #subscription: Subscription;
  /** Those whose rows were shown, by ID. */
  readonly #opened = new Map<string, EvidenceNode>();
  /** IDs of those that AWS is being asked for. */
  readonly #loading = new Set<string>();
  readonly #changed = new Emitter<EvidenceNode>();
  /** The row whose children changed. */
  readonly onDidChange = this.#changed.event;

  /** @param idOf the ID of the row in the view */
  constructor({ connections, evidence, terraform }: EvidenceRowsOptions, idOf: (node: EvidenceNode) => string) {
    this.#connections = connections;
    this.#evidence = evidence;
    this.#terraform = terraform;
    this.#idOf = idOf;
    this.#subscription = evidence.onDidChange(({ session, keyArn }) => {
      for (const node of [...this.#opened.values()]) {
        const { connection, key } = node.parent;
        if (key.arn === keyArn && connection.opening === session.connection.opening) {
          this.#changed.fire(node);
        }
      }
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** The grants whose rows were shown, by identity. */
  grants(): ReadonlySet<string> {
    return new Set([...this.#opened.values()].map(({ parent }) => grantIdentity(parent)));
  }

  /** None of the rows is shown any more. */
  forgetRows(): void {
    this.#opened.clear();
  }

  /** What is known so far; each piece that comes is a change. Nothing once the connection is closed. */
  async below(node: EvidenceNode): Promise<(EvidenceLineNode | MessageNode)[]> {
    const { connection, key, grant } = node.parent;
    const session = this.#connections.find(connection);
    if (session === undefined) {
      return [];
    }
    const id = this.#idOf(node);
    this.#opened.set(id, node);
    const { evidence, lines } = await this.#evidence.load();
    const place = { session, key, grant };
    if (!this.#loading.has(id) && !evidence.isLoaded(place)) {
      this.#loading.add(id);
      void vscode.commands.executeCommand('setContext', contextKeys.evidenceOpened, true);
      const end = () => {
        this.#loading.delete(id);
        this.#changed.fire(this.#opened.get(id) ?? node);
      };
      // Aborted when the connection is closed in between: its rows go.
      evidence.load(place).then(end, end);
    }
    const all = [...lines(grant, evidence.of(place)), ...this.#terraform.linesOf(grant)];
    const rows = all.map((line, index): EvidenceLineNode => {
      return { kind: 'evidenceLine', parent: node, line, index };
    });
    const isLoading = this.#loading.has(id);
    return isLoading ? [...rows, message(node, 'loading', 'loading', l10n.t('Asking AWS…'), '')] : rows;
  }

  /** Asks again for one piece of evidence. */
  async retry({ parent, line }: EvidenceLineNode): Promise<void> {
    const { connection, key, grant } = parent.parent;
    const session = this.#connections.find(connection);
    if (session !== undefined && line.kind !== 'terraform') {
      const { evidence } = await this.#evidence.load();
      await evidence.retry({ session, key, grant }, line.kind);
    }
  }

  /** The evidence on the grants of the key is asked for again when it is next wanted. */
  forget(session: Session, keyArn: string): void {
    this.#evidence.loaded?.evidence.forgetKey(session, keyArn);
  }
}
