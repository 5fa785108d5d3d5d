import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { Emitter } from '../../core/base/emitter.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { Session } from '../../core/connections/session.ts';
import type { LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import { contextKeys } from '../../manifest.ts';
import { type EvidenceLineNode, type EvidenceNode, type Node, nodeId } from '../shared/nodes.ts';
import { message } from './messages.ts';

/** The rows below Evidence. AWS is asked when they are first shown. */
export class EvidenceRows {
  readonly #connections: Connections;
  readonly #evidence: LazyEvidence;
  /** IDs of the rows that AWS is being asked for. */
  readonly #loading = new Set<string>();
  readonly #changed = new Emitter<string>();
  /** The ID of the row whose children changed. */
  readonly onDidChange = this.#changed.event;

  constructor(connections: Connections, evidence: LazyEvidence) {
    this.#connections = connections;
    this.#evidence = evidence;
  }

  /** What is known so far; each piece that comes is a change. */
  async below(node: EvidenceNode): Promise<Node[]> {
    const { connection, key, grant } = node.parent;
    const session = this.#connections.find(connection);
    if (session === undefined) {
      return [];
    }
    const { evidence, lines } = await this.#evidence.load();
    const place = { session, key, grant };
    const id = nodeId(node);
    if (!this.#loading.has(id) && !evidence.isLoaded(place)) {
      this.#loading.add(id);
      void vscode.commands.executeCommand('setContext', contextKeys.evidenceOpened, true);
      const subscription = evidence.onDidChange(({ keyArn }) => {
        if (keyArn === key.arn) {
          this.#changed.fire(id);
        }
      });
      const end = () => {
        subscription.dispose();
        this.#loading.delete(id);
        this.#changed.fire(id);
      };
      // Aborted when the connection is closed in between: its rows go.
      evidence.load(place).then(end, end);
    }
    const rows = lines(grant, evidence.of(place)).map((line, index): Node => {
      return { kind: 'evidenceLine', parent: node, line, index };
    });
    const isLoading = this.#loading.has(id);
    return isLoading ? [...rows, message(node, 'loading', 'loading', l10n.t('Asking AWS…'), '')] : rows;
  }

  /** Asks again for one piece of evidence. */
  async retry({ parent, line }: EvidenceLineNode): Promise<void> {
    const { connection, key, grant } = parent.parent;
    const session = this.#connections.find(connection);
    if (session !== undefined) {
      const { evidence } = await this.#evidence.load();
      await evidence.retry({ session, key, grant }, line.kind);
      this.#changed.fire(nodeId(parent));
    }
  }

  /** The evidence on the grants of the key is asked for again when it is next wanted. */
  forget(session: Session, keyArn: string): void {
    this.#evidence.loaded?.evidence.forgetKey(session, keyArn);
  }
}
