import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { raceAbort } from '../../core/base/abort.ts';
import { formatCount, printable } from '../../core/base/text.ts';
import type { TerraformReading } from '../../core/terraform/lazyTerraform.ts';
import type { FileResource, Match } from '../../core/terraform/match.ts';
import { comparedText, placeText } from '../../core/terraform/terraformText.ts';
import { grantName } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import { pick } from '../../platform/pick.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { showInformation } from '../../platform/prompts.ts';
import { scanFile } from '../../platform/terraformFiles.ts';
import type { EvidenceLineNode, GrantNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { pickGrant } from '../pickRow/pickGrant.ts';

type GoContext = Needs<'connections' | 'terraform'>;

/** Opens the resource that may make a grant; of several, the one that is chosen. From the palette, it asks for a grant. */
export async function goToTerraformResource(context: GoContext, node?: GrantNode | EvidenceLineNode): Promise<void> {
  if (node?.kind === 'evidenceLine' && node.line.kind === 'terraform' && node.line.resource !== undefined) {
    await show(node.line.resource);
    return;
  }
  if (!context.terraform.hasFolder()) {
    throw new UserError(l10n.t('No folder is open. Open the folder with your Terraform files, then retry.'));
  }
  const target =
    (node?.kind === 'evidenceLine' ? node.parent.parent : node) ??
    (await pickGrant(context, l10n.t('Go to Terraform Resource')));
  if (target === undefined) {
    return;
  }
  const terraform = await context.terraform.load();
  await withCancellableProgress(l10n.t('Reading Terraform files…'), (signal) => raceAbort(terraform.read(), signal));
  const matches = terraform.mayMake(target.grant);
  const [only] = matches;
  if (only === undefined) {
    void showInformation(noneText(grantName(target.grant), terraform.reading));
    return;
  }
  const resource = matches.length === 1 ? only.resource : await choose(matches);
  if (resource !== undefined) {
    await show(resource);
  }
}

function choose(matches: readonly Match[]): Promise<FileResource | undefined> {
  const items = matches.map((match) => {
    const [name = '', ...compared] = comparedText(match);
    return {
      label: name,
      description: placeText(match.resource),
      detail: compared.join(' · '),
      value: match.resource,
    };
  });
  return pick({
    title: l10n.t('Go to Terraform Resource'),
    placeholder: l10n.t('Each may define the grant'),
    empty: '',
    load: async (show) => show(items),
  });
}

function noneText(grant: string, { files, notRead, isCut }: TerraformReading): string {
  return [
    l10n.t(
      'No resource in the Terraform files of the open folders is known to define the grant {0}. Files read: {1}.',
      grant,
      formatCount(files),
    ),
    ...(notRead > 0 ? [l10n.t('Too large or not readable, so not read: {0}.', formatCount(notRead))] : []),
    ...(isCut ? [l10n.t("More files weren't read.")] : []),
    l10n.t(
      "A match needs the grant's name or grantee as a literal in the file, and no argument that differs from the grant.",
    ),
  ].join(' ');
}

/** Shows the resource where it is now: the file may have been edited since it was read. */
async function show({ uri, path, name, line }: FileResource): Promise<void> {
  let document: vscode.TextDocument;
  try {
    document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  } catch (error) {
    throw new UserError(l10n.t("Couldn't open {0}.", printable(path)), [], error);
  }
  const now = scanFile(path, document.getText()).find((one) => one.name === name);
  const at = now === undefined ? new vscode.Position(line - 1, 0) : document.positionAt(now.start);
  const end = now === undefined ? at : document.positionAt(now.end);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, end) });
}
