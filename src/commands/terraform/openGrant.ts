import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import type { Session } from '../../core/connections/session.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import type { Grant, KmsKey } from '../../core/kms/model.ts';
import { match } from '../../core/terraform/match.ts';
import { type GrantResource, resourceType } from '../../core/terraform/resource.ts';
import { grantName, keyName } from '../../core/words/describe.ts';
import { commands } from '../../manifest.ts';
import { pick } from '../../platform/pick.ts';
import { showInformation } from '../../platform/prompts.ts';
import { scanFile } from '../../platform/terraformFiles.ts';
import type { Needs } from '../context.ts';
import { revealInKeys } from '../show/revealInKeys.ts';

type OpenContext = Needs<'connections' | 'grantees' | 'journal' | 'pinnedKeys' | 'view'>;

interface Listed {
  readonly session: Session;
  readonly keyArn: string;
  readonly grant: Grant;
}

/** The resources of a document that a grant can be found for, by what is a literal in them. */
export function resourceLinks(path: string, text: string): readonly Pick<GrantResource, 'name' | 'start' | 'end'>[] {
  return scanFile(path, text).filter(({ arguments: { name, grantee_principal: grantee } }) =>
    [name, grantee].some(({ kind }) => kind === 'literal'),
  );
}

/**
 * Opens the grant of a resource, among those that are listed. Asks AWS for nothing but the rows that lead to it.
 * @param link the document's URI, with the resource's name as its fragment. Anybody can call a command: only a document
 * that is open is looked at.
 */
export async function openGrantOfResource(context: OpenContext, link: string): Promise<void> {
  const uri = vscode.Uri.parse(link);
  const file = uri.with({ fragment: '' }).toString();
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === file);
  const resource = document && scanFile(uri.path, document.getText()).find(({ name }) => name === uri.fragment);
  if (resource === undefined) {
    return;
  }
  const found = fitting(context, resource);
  const [only] = found;
  if (only === undefined) {
    await sayNone(context, resource);
    return;
  }
  const chosen = found.length === 1 ? only : await choose(found, resource);
  if (chosen !== undefined) {
    const { session, grant } = chosen;
    await revealInKeys(context, { kind: 'grant', connection: session.connection, key: keyOf(chosen), grant });
  }
}

/** Each grant once, though several connections may list it. */
function fitting(context: OpenContext, resource: GrantResource): readonly Listed[] {
  const found = new Map<string, Listed>();
  for (const listed of listedGrants(context)) {
    const { session, keyArn, grant } = listed;
    const { endpoint } = session.connection;
    const id = [endpoint.kind === 'custom' ? endpoint.url : endpoint.kind, keyArn, grant.grantId].join(' ');
    if (!found.has(id) && match(resource, grant) !== undefined) {
      found.set(id, listed);
    }
  }
  return [...found.values()];
}

function* listedGrants({ connections, grantees }: Needs<'connections' | 'grantees'>): Generator<Listed> {
  for (const session of connections.sessions) {
    for (const { keyArn, grants } of session.inventory.loadedDetails()) {
      yield* grants.map((grant) => ({ session, keyArn, grant }));
    }
  }
  for (const { connection, key, grants } of grantees.shownGrants().result?.keys ?? []) {
    const session = connections.find(connection);
    if (session !== undefined) {
      yield* grants.map((grant) => ({ session, keyArn: key.arn, grant }));
    }
  }
}

async function sayNone(context: OpenContext, { name }: GrantResource): Promise<void> {
  const resource = printable(`${resourceType}.${name}`);
  if (context.connections.sessions.length === 0) {
    void showInformation(l10n.t('No connection is open, so no grant is listed. Open the Keys view, then retry.'));
    return;
  }
  const find = l10n.t('Find Grants…');
  const sentence = l10n.t('No grant listed so far matches {0}. Expand its key, or find all grants.', resource);
  if ((await showInformation(sentence, find)) === find) {
    await vscode.commands.executeCommand(commands.findGrants);
  }
}

function choose(found: readonly Listed[], { name }: GrantResource): Promise<Listed | undefined> {
  return pick({
    title: l10n.t('Grants That {0} May Define', printable(`${resourceType}.${name}`)),
    placeholder: l10n.t('Grant'),
    empty: '',
    load: async (show) =>
      show(
        found.map((value) => ({
          label: grantName(value.grant),
          description: keyName(keyOf(value)),
          detail: value.grant.grantId,
          value,
        })),
      ),
  });
}

function keyOf({ session, keyArn }: Listed): KmsKey {
  const read = parseKeyArn(keyArn);
  return (
    session.inventory.loadedKey(keyArn) ??
    (read === undefined ? { keyId: keyArn, arn: keyArn, aliases: [] } : keyOfArn(read))
  );
}
