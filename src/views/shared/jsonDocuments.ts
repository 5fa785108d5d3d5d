import vscode = require('vscode');

import { printableJson } from '../../core/base/text.ts';
import { jsonScheme } from '../../manifest.ts';

/** Of the documents that are rendered, older ones are forgotten. */
const mostRendered = 20;

/** Read-only documents, each a snapshot from when it was opened. */
export class JsonDocuments implements vscode.TextDocumentContentProvider {
  readonly #contents = new Map<string, string>();
  /** The Markdown documents, the oldest first. */
  readonly #rendered: string[] = [];
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

  /** Shows `text`, which is Markdown, as VS Code renders it, or as it is where VS Code's own Markdown is switched off. */
  async showMarkdown(name: string, text: string): Promise<void> {
    const uri = this.#keep(`${name}.md`, text);
    this.#rendered.push(uri.toString());
    for (const old of this.#rendered.splice(0, this.#rendered.length - mostRendered)) {
      this.#contents.delete(old);
    }
    try {
      await vscode.commands.executeCommand('markdown.showPreview', uri);
    } catch {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
    }
  }

  async #open(name: string, content: string, preserveFocus: boolean): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.#keep(name, content));
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus });
  }

  #keep(name: string, content: string): vscode.Uri {
    this.#count += 1;
    const uri = vscode.Uri.from({
      scheme: jsonScheme,
      path: `/${name.replace(/[/\\]/g, '_')}`,
      query: String(this.#count),
    });
    this.#contents.set(uri.toString(), content);
    return uri;
  }

  /** The content of a closed document is dropped, unless it is rendered: its preview can read it again. */
  forget(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (!this.#rendered.includes(uri)) {
      this.#contents.delete(uri);
    }
  }
}
