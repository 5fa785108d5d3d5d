import vscode = require('vscode');

/** What is selected in the active editor, a line each. */
export function editorSelection(): string {
  const editor = vscode.window.activeTextEditor;
  return editor?.selections.map((selection) => editor.document.getText(selection)).join('\n') ?? '';
}
