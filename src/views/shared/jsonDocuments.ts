import vscode = require('vscode');

import { printableJson } from '../../core/base/text.ts';
import { jsonScheme } from '../../manifest.ts';

/** Of the documents that are rendered, older ones are forgotten. */
const mostRendered = 20;

/** Read-only documents, each a snapshot from when it was opened. */
export class JsonDocuments implements vscode.TextDocumentContentProvider {
  readonly #contents = new Map<string, string>();
  /** The Markdown documents, each with what it links to, the oldest first. */
  readonly #rendered: (readonly string[])[] = [];
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
    await this.#render([this.#keep(`${name}.md`, text)]);
  }

  /** As {@link showMarkdown}. The text is made with the address, for a link, of a document that has `value` as JSON. */
  async showWithJson(name: string, markdown: (address: string) => string, value: unknown): Promise<void> {
    // A relative address: VS Code keeps the scheme and the query of the document with the link.
    const address = encodeURIComponent(`${fileName(name)}.json`).replace(/[!'()*]/g, (one) => `%${hex(one)}`);
    const text = this.#keep(`${name}.md`, markdown(address));
    await this.#render([text, this.#keep(`${name}.json`, `${printableJson(value, 2)}\n`, this.#count)]);
  }

  async #render(uris: readonly [text: vscode.Uri, ...linked: readonly vscode.Uri[]]): Promise<void> {
    const [uri] = uris;
    this.#rendered.push(uris.map(String));
    for (const old of this.#rendered.splice(0, this.#rendered.length - mostRendered).flat()) {
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

  /** @param number unless given, one that no other document has */
  #keep(name: string, content: string, number = this.#count + 1): vscode.Uri {
    this.#count = number;
    const uri = vscode.Uri.from({ scheme: jsonScheme, path: `/${fileName(name)}`, query: String(number) });
    this.#contents.set(uri.toString(), content);
    return uri;
  }

  /** The content of a closed document is dropped, unless it is rendered: its preview can read it again. */
  forget(document: vscode.TextDocument): void {
    const uri = document.uri.toString();
    if (!this.#rendered.flat().includes(uri)) {
      this.#contents.delete(uri);
    }
  }
}

function fileName(name: string): string {
  return name.replace(/[/\\]/g, '_');
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase();
}
