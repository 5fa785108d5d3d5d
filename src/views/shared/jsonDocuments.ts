import vscode = require('vscode');

import { printableJson } from '../../core/base/text.ts';
import { jsonScheme } from '../../manifest.ts';

/** Read-only documents, each a snapshot from when it was opened. */
export class JsonDocuments implements vscode.TextDocumentContentProvider {
  readonly #contents = new Map<string, string>();
  #count = 0;

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.#contents.get(uri.toString());
  }

  /** Opens `value` as JSON in a preview editor titled `name`. */
  async show(name: string, value: unknown): Promise<void> {
    await this.#open(`${name}.json`, `${printableJson(value, 2)}\n`, false);
  }

  /** Opens `text` in a preview editor titled `name`, without the focus. */
  async showText(name: string, text: string): Promise<void> {
    await this.#open(`${name}.txt`, text, true);
  }

  async #open(name: string, content: string, preserveFocus: boolean): Promise<void> {
    this.#count += 1;
    const uri = vscode.Uri.from({
      scheme: jsonScheme,
      path: `/${name.replace(/[/\\]/g, '_')}`,
      query: String(this.#count),
    });
    this.#contents.set(uri.toString(), content);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus });
  }

  /** The content of a closed document is dropped. */
  forget(document: vscode.TextDocument): void {
    this.#contents.delete(document.uri.toString());
  }
}
