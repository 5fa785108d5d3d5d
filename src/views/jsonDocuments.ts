import * as vscode from 'vscode';
import { printableJson } from '../core/text.ts';
import { jsonScheme } from '../manifest.ts';

/** Read-only JSON documents, each as it was when it was asked for. */
export class JsonDocuments implements vscode.TextDocumentContentProvider {
  readonly #contents = new Map<string, string>();
  #count = 0;

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.#contents.get(uri.toString());
  }

  /** Opens `value` in a preview editor titled `name`. */
  async show(name: string, value: unknown): Promise<void> {
    this.#count += 1;
    const uri = vscode.Uri.from({
      scheme: jsonScheme,
      path: `/${name.replace(/[/\\]/g, '_')}.json`,
      query: String(this.#count),
    });
    this.#contents.set(uri.toString(), `${printableJson(value, 2)}\n`);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
  }

  /** A closed document needs its content no more. */
  forget(document: vscode.TextDocument): void {
    this.#contents.delete(document.uri.toString());
  }
}
