import * as l10n from '@vscode/l10n';
import { memoize } from '../base/memoize.ts';
import { compareCodeUnits, printable } from '../base/text.ts';
import type { GrantEvidence } from '../evidence/evidence.ts';
import { accountOfArn, type Connection, type Grant, type KeyMetadata, type KmsKey, keyLabel } from '../kms/model.ts';
import { grantee, type Principal, type PrincipalKind, principalKindName } from '../kms/principal.ts';
import { managedByText } from '../kms/serviceGrant.ts';
import { connectionName } from '../words/describe.ts';
import { grantText, keyTexts, type SearchText, searchText, type TextFilter, textFilter } from '../words/filter.ts';
import type { Arrangement, Sorting } from './arrangement.ts';
import { type CreatorGroup, creatorGroup } from './creatorGroup.ts';
import { noUseSince } from './evidenceFindings.ts';
import { type Finding, type FindingKind, type FindingOptions, findingKinds, findingTitle } from './finding.ts';
import { findingsOfKey, managingService } from './findings.ts';
import type { ChangeKind, ChangeNote, GrantChange } from './grantChange.ts';
import type { ScannedKey } from './scan.ts';

/** A grant that a scan found, with who holds it and what is worth a look about it. */
export interface HeldGrant {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly metadata: KeyMetadata | undefined;
  readonly grant: Grant;
  readonly grantee: Principal;
  /** The AWS service that the grant belongs to. */
  readonly managedBy: string | undefined;
  readonly findings: readonly Finding[];
  /** What was loaded besides. */
  readonly evidence: GrantEvidence | undefined;
  /** As it was when somebody began to read its evidence: it stays in the groups of then, too. */
  readonly before?: HeldGrant | undefined;
  /** Since a baseline, in groups of changes. */
  readonly change?: GrantChange;
}

/** What was loaded about the grants of a key, if anything was; nothing is asked. */
export type EvidenceOf = (scanned: ScannedKey) => ((grant: Grant) => GrantEvidence | undefined) | undefined;

/** What a group is of; a `none` groups the grants without findings. */
export type GroupSubject =
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'finding'; readonly finding: FindingKind | 'none' }
  | { readonly kind: 'operation' }
  | { readonly kind: 'key'; readonly key: KmsKey; readonly connection: Connection }
  | { readonly kind: 'creator'; readonly creator: CreatorGroup }
  | { readonly kind: 'change'; readonly change: ChangeKind };

export interface GrantGroup {
  /** Unique among all groups, and stable. */
  readonly id: string;
  readonly subject: GroupSubject;
  /** Printable. */
  readonly title: string;
  /** Distinguishes it from others with the same title. Printable. */
  readonly detail: string;
  /** How many grants, where not all of them have a row. */
  readonly count?: number;
  /** What stands before its grants. */
  readonly notes?: readonly ChangeNote[];
  /** In order. */
  readonly grants: readonly HeldGrant[];
}

/** All grants of the scanned keys with their findings; without those that `isEnding` says are being revoked. */
export function heldGrants(
  keys: readonly ScannedKey[],
  options: FindingOptions,
  now: number,
  isEnding: (scanned: ScannedKey, grant: Grant) => boolean,
  evidenceOf: EvidenceOf = () => undefined,
): readonly HeldGrant[] {
  return keys.flatMap((scanned) => {
    const { connection, key, metadata, grants } = scanned;
    const staying = grants.filter((grant) => !isEnding(scanned, grant));
    const read = evidenceOf(scanned);
    const evidence = read === undefined ? () => undefined : memoize(read);
    const findings = findingsOfKey(staying, { options, key, metadata, now, evidenceOf: evidence });
    return grants.map(
      (grant): HeldGrant => ({
        connection,
        key,
        metadata,
        grant,
        grantee: grantee(grant),
        managedBy: managingService(grant, key, metadata),
        findings: findings.of(grant.grantId),
        evidence: evidence(grant),
      }),
    );
  });
}

/** Those that the filter leaves: a word may be in the grant, its key, its connection, its grantee or its findings. */
export function filterGrants(held: readonly HeldGrant[], filter: TextFilter | undefined): readonly HeldGrant[] {
  if (filter === undefined) {
    return held;
  }
  const texts = searchTextsOfAll(held);
  return held.filter((_, place) => filter.matches(texts[place] ?? []));
}

/** Makes ready what a filter looks in, and the search itself, so that the first keypress is as quick as the next. */
export function warmUpFilter(held: readonly HeldGrant[]): void {
  filterGrants(held, textFilter('…'));
}

const searchTextsOfAll = memoize((held: readonly HeldGrant[]) => held.map(searchTextsOf));

function searchTextsOf({ connection, key, metadata, grant, managedBy, findings }: HeldGrant): readonly SearchText[] {
  return [
    ...keyTexts(key, metadata),
    grantText(grant),
    sharedText([connectionName(connection.ref), managedBy, ...findings.map(({ title }) => title)].join('\n')),
  ];
}

/** A few texts on tens of thousands of grants: each is kept once. */
const sharedTexts = new Map<string, SearchText>();
function sharedText(text: string): SearchText {
  const made = sharedTexts.get(text) ?? searchText(text);
  sharedTexts.set(text, made);
  return made;
}

/** The grants in the order that they have within each group. */
export function sortGrants(held: readonly HeldGrant[], sorting: Sorting): readonly HeldGrant[] {
  switch (sorting) {
    case 'age':
      return held.toSorted(byAge);
    case 'lastUse':
      return held.toSorted(byLastUse);
    case 'name':
    case 'count':
      return held.toSorted(byGrantName);
  }
}

/**
 * Groups, in order, of grants that are in order: each keypress of a filter groups again what {@link sortGrants} sorted
 * once. A grant is in each group that it belongs to.
 */
export function groupGrants(sorted: readonly HeldGrant[], { grouping, sorting }: Arrangement): GrantGroup[] {
  const groups = new Map<string, GrantGroup & { readonly grants: HeldGrant[] }>();
  const idsOf = groupIds[grouping];
  for (const one of sorted) {
    for (const place of one.before === undefined ? [one] : [one, one.before]) {
      idsOf(place).forEach((id, index) => {
        const known = groups.get(id);
        if (known === undefined) {
          groups.set(id, newGroup(id, place, grouping, index, [one]));
        } else if (known.grants.at(-1) !== one) {
          known.grants.push(one);
        }
      });
    }
  }
  const ranked = [...groups.values()].map((group) => ({ group, rank: rankOf(group) }));
  return ranked.sort(groupOrder(sorting)).map(({ group }) => group);
}

/** IDs of the groups that a grant is in. Made once where there can be thousands of groups. */
const groupIds: Readonly<Record<Arrangement['grouping'], (held: HeldGrant) => readonly string[]>> = {
  principal: memoize(({ grantee: { kind, value } }) => [`principal|${kind}|${value}`]),
  finding: ({ findings }) => (findings.length === 0 ? ['finding|none'] : findings.map(({ kind }) => `finding|${kind}`)),
  operation: ({ grant }) => operationsOf(grant).map((operation) => `operation|${operation}`),
  key: memoize(({ connection, key }) => [`key|${connection.id}|${key.arn}`]),
  creator: memoize(({ evidence }) => [`creator|${creatorGroup(evidence?.creator).id}`]),
};

/** A grant's group, by its place in {@link groupIds}. */
function newGroup(
  id: string,
  held: HeldGrant,
  grouping: Arrangement['grouping'],
  index: number,
  grants: HeldGrant[],
): GrantGroup & { readonly grants: HeldGrant[] } {
  const { connection, key, grant, grantee: who, findings, evidence } = held;
  switch (grouping) {
    case 'principal':
      return {
        id,
        subject: { kind: 'principal', principal: who },
        title: who.shortName,
        // Of thousands of groups, a few hundred have a row.
        get detail() {
          const kind = who.managedBy === undefined ? principalKindName(who.kind) : managedByText(who.managedBy);
          return [kind, who.account].filter((part) => part !== undefined).join(' · ');
        },
        grants,
      };
    case 'finding': {
      const finding = findings[index]?.kind ?? 'none';
      const title = finding === 'none' ? l10n.t('No findings') : findingTitle(finding);
      return { id, subject: { kind: 'finding', finding }, title, detail: '', grants };
    }
    case 'operation':
      return {
        id,
        subject: { kind: 'operation' },
        title: printable(operationsOf(grant)[index] ?? ''),
        detail: '',
        grants,
      };
    case 'key': {
      const title = printable(keyLabel(key));
      return { id, subject: { kind: 'key', key, connection }, title, detail: regionAndAccount(held), grants };
    }
    case 'creator': {
      const creator = creatorGroup(evidence?.creator);
      const { title, detail } = creator;
      return { id, subject: { kind: 'creator', creator }, title, detail, grants };
    }
  }
}

function operationsOf({ operations }: Grant): readonly string[] {
  return [...new Set(operations)];
}

/** `eu-west-1 · 111122223333`: where a grant's key is. */
export function regionAndAccount({ connection, key }: Pick<HeldGrant, 'connection' | 'key'>): string {
  return [connection.region, accountOfArn(key.arn)].filter((part) => part !== undefined).join(' · ');
}

interface Ranked {
  readonly group: GrantGroup;
  readonly rank: number;
}

function groupOrder(sorting: Sorting): (left: Ranked, right: Ranked) => number {
  const byName = ({ group: left, rank }: Ranked, { group: right, rank: other }: Ranked) =>
    rank - other || compareCodeUnits(left.title, right.title) || compareCodeUnits(left.id, right.id);
  switch (sorting) {
    case 'name':
      return byName;
    case 'age':
      return (left, right) => first(left.group, timeOf) - first(right.group, timeOf) || byName(left, right);
    case 'lastUse':
      return (left, right) => first(left.group, lastUseOf) - first(right.group, lastUseOf) || byName(left, right);
    case 'count':
      return (left, right) => right.group.grants.length - left.group.grants.length || byName(left, right);
  }
}

const unresolved: readonly PrincipalKind[] = ['unresolvedRole', 'unresolvedUser'];

/** Findings go by how grave they are, possible orphans before all other principals, and AWS's own after them; known creators first. */
function rankOf({ subject }: GrantGroup): number {
  switch (subject.kind) {
    case 'finding':
      return subject.finding === 'none' ? findingKinds.length : findingKinds.indexOf(subject.finding);
    case 'principal': {
      if (subject.principal.managedBy !== undefined) {
        return 2;
      }
      return unresolved.includes(subject.principal.kind) ? 0 : 1;
    }
    case 'creator':
      return subject.creator.rank;
    default:
      return 0;
  }
}

/** Grants of a group are in order: its first has the lowest time. */
function first({ grants: [held] }: GrantGroup, time: (held: HeldGrant) => number): number {
  return held === undefined ? 0 : time(held);
}

function timeOf({ grant }: HeldGrant): number {
  return grant.creationDate?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function byAge(left: HeldGrant, right: HeldGrant): number {
  return timeOf(left) - timeOf(right) || byGrantName(left, right);
}

/** Since when no use of the key is recorded; what is not known comes last. */
function lastUseOf({ evidence }: HeldGrant): number {
  const usage = evidence?.keyLastUsed;
  const since = usage?.kind === 'known' ? noUseSince(usage.value) : undefined;
  return since?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

function byLastUse(left: HeldGrant, right: HeldGrant): number {
  return lastUseOf(left) - lastUseOf(right) || byGrantName(left, right);
}

function byGrantName(left: HeldGrant, right: HeldGrant): number {
  return (
    compareCodeUnits(keyLabel(left.key), keyLabel(right.key)) ||
    compareCodeUnits(grantLabel(left), grantLabel(right)) ||
    compareCodeUnits(left.grant.grantId, right.grant.grantId)
  );
}

/** What rows call a grant: its name, else its grantee. */
export function grantLabel({ grant, grantee: who }: Pick<HeldGrant, 'grant' | 'grantee'>): string {
  return grant.name ?? who.shortName;
}
