import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierEnding } from '../../../core/changes/earlierAttempts.ts';
import type { KeyUses } from '../../../core/evidence/beforeRevoke.ts';
import { accountOfArn, keyLabel } from '../../../core/kms/model.ts';
import { grantee } from '../../../core/kms/principal.ts';
import { connectionName, grantName } from '../../../core/words/describe.ts';
import { errorSentence } from '../../../core/words/explain.ts';
import { confirm, confirmByTyping } from '../../../platform/prompts.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import { namedAccount } from '../../ask.ts';
import type { Needs } from '../../context.ts';
import { actorSentences, fitsDialog, sampleSentence, signedInAs } from '../changeQuestion.ts';
import type { MayReturn } from '../questionEvidence.ts';
import type { Asked, Checked, Outcome, Ready } from './check.ts';
import { isOfService, lineOf, marksOf, usedBy } from './marks.ts';

/** Keys of one section, where grants are counted by key. */
const keysShown = 10;

/** Grants with the same outcome of the check. */
interface Section {
  readonly title: string;
  readonly grants: readonly { readonly node: GrantNode; readonly reason?: string }[];
}

/** Asks, with all selected grants by what becomes of them: in the dialog if they fit, else in an editor that stays open. */
export async function confirmed(
  context: Needs<'connections' | 'documents' | 'journal' | 'view'>,
  ready: readonly Asked[],
  checked: readonly Checked[],
  {
    notTicked,
    keyUses,
    mayReturn,
  }: { readonly notTicked: readonly GrantNode[]; readonly keyUses: KeyUses; readonly mayReturn: MayReturn },
): Promise<boolean> {
  const of = (outcome: Outcome) => checked.filter((one) => one.outcome === outcome).map(({ node }) => ({ node }));
  const refused = checked.flatMap(({ node, outcome }) =>
    typeof outcome === 'object' ? [{ node, reason: errorSentence(outcome.error) }] : [],
  );
  const sections: readonly Section[] = [
    { title: l10n.t('To be revoked'), grants: ready.map(({ node }) => withAttempt(context, node)) },
    { title: l10n.t('Not selected'), grants: notTicked.map((node) => ({ node })) },
    { title: l10n.t('Check failed'), grants: refused },
    { title: l10n.t('No longer listed by KMS'), grants: of('gone') },
    { title: l10n.t('Revoke or retirement sent earlier'), grants: of('underWay') },
    { title: l10n.t('Revoked by a server that ignored the dry run'), grants: of('doneByDryRun') },
  ].filter(({ grants }) => grants.length > 0);
  const places = [...new Set(ready.map(connectionLine))];
  const count = String(ready.length);
  const question = ready.length === 1 ? l10n.t('Revoke 1 grant?') : l10n.t('Revoke {0} grants?', count);
  const ofServices = ready.filter(({ node }) => isOfService(context, node)).length;
  const warnings = [
    ...sampleSentence(ready.map(({ node }) => node.connection)),
    ...new Set(ready.flatMap(({ actor, earlier }) => actorSentences(actor, earlier))),
    l10n.t("A revoked grant can't be restored."),
    ...(ofServices === 0
      ? []
      : [l10n.t('Used by AWS services, whose resources can break: {0} of {1}.', ofServices, count)]),
  ];
  const known = [
    warnings.join(' '),
    ...mayReturn(ready.map(({ node }) => node.grant)),
    ...keyUses.summary(ready.map(({ node }) => node.key.arn)),
  ];
  const connections = `${l10n.t('Connections:')}\n${places.join('\n')}`;
  const whole = [known.join('\n'), ...sections.map((section) => inLines(context, section)), connections].join('\n\n');
  const fits = fitsDialog(whole);
  if (!fits) {
    const text = [
      [question, ...known].join('\n'),
      connections,
      ...sections.map((section) => inFull(context, section, keyUses, mayReturn)),
    ].join('\n\n');
    await context.documents.showText(l10n.t('Grants to Revoke'), `${text}\n`);
  }
  const inEditor = [
    known.join('\n'),
    l10n.t('Every grant is listed in the editor behind this dialog. The editor stays open while you type the number.'),
  ];
  const counted = [...inEditor, ...sections.map(inCounts), connections].join('\n\n');
  const totals = [...sections.map(total), l10n.t('Connections: {0}', places.length)].join('\n');
  const detail = [whole, counted].find(fitsDialog) ?? [...inEditor, totals].join('\n\n');
  const agreed = await confirm({ question, detail, button: l10n.t('Continue…') });
  if (!agreed) {
    return false;
  }
  return confirmByTyping(
    l10n.t('Revoke Grants: {0}', count),
    l10n.t('Type the number of grants to revoke: {0}.', count),
    [count],
    { ignoreFocusOut: !fits },
  );
}

function total({ title, grants }: Section): string {
  return `${title}: ${grants.length}`;
}

function withAttempt({ journal }: Needs<'journal'>, node: GrantNode): Section['grants'][number] {
  const { connection, key, grant } = node;
  const attempt = earlierEnding(journal, { connection, key, grant });
  return attempt === undefined ? { node } : { node, reason: attemptSentence(attempt) };
}

function inLines(context: Needs<'view'>, { title, grants }: Section): string {
  return [`${title}:`, ...grants.flatMap(({ node, reason }) => [lineOf(context, node), ...indented(reason)])].join(
    '\n',
  );
}

/** How many grants of each key. */
function inCounts(section: Section): string {
  const keys = [...byKey(section.grants).values()].map((ofKey) => {
    const [first] = ofKey;
    return first === undefined ? '' : `• ${printable(keyLabel(first.node.key))}: ${ofKey.length}`;
  });
  const rest = keys.length - keysShown;
  return [total(section), ...(rest > 0 ? [...keys.slice(0, keysShown), moreKeys(rest)] : keys)].join('\n');
}

function moreKeys(count: number): string {
  return count === 1 ? l10n.t('… and of 1 more key') : l10n.t('… and of {0} more keys', count);
}

/** Every grant, with everything that identifies it. */
function inFull(context: Needs<'view'>, { title, grants }: Section, keyUses: KeyUses, mayReturn: MayReturn): string {
  const keys = [...byKey(grants)].map(([name, ofKey]) => {
    const [first] = ofKey;
    const used = first === undefined ? [] : keyUses.line(first.node.key.arn);
    const rows = ofKey.map(({ node, reason }) => {
      const { grant } = node;
      const fields = [
        ...(grant.name === undefined ? [] : [printable(grantee(grant).value, 1000)]),
        grant.operations.map((operation) => printable(operation)).join(', '),
        ...marksOf(context, node, printable(grant.grantId, 128)),
        ...usedBy(node),
        ...mayReturn([grant]),
      ];
      return [`• ${grantName(node.grant)}`, ...fields.map((field) => `  ${field}`), ...indented(reason)].join('\n');
    });
    return [printable(name, 1000), ...used, ...rows].join('\n');
  });
  return [`${title}: ${grants.length}`, ...keys].join('\n\n');
}

function indented(reason: string | undefined): readonly string[] {
  return reason === undefined ? [] : [`  ${printable(reason, 600)}`];
}

/** Groups by label and ARN of the key. */
function byKey(grants: Section['grants']): ReadonlyMap<string, Section['grants']> {
  const keys = new Map<string, Section['grants'][number][]>();
  for (const one of grants) {
    const { key } = one.node;
    const name = [keyLabel(key), key.arn].join(' · ');
    const ofKey = keys.get(name);
    if (ofKey === undefined) {
      keys.set(name, [one]);
    } else {
      ofKey.push(one);
    }
  }
  return keys;
}

/** Where the keys are, and who acts there. */
function connectionLine({ node: { connection, key }, actor }: Ready): string {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const { endpoint } = connection;
  const parts = [
    l10n.t('{0}, account {1}, {2}', connectionName(connection.ref), namedAccount(account), connection.region),
    l10n.t('signed in as {0}', signedInAs(actor)),
    ...(endpoint.kind === 'custom' ? [l10n.t('custom endpoint {0}', printable(endpoint.url))] : []),
  ];
  return `• ${parts.join(', ')}`;
}
