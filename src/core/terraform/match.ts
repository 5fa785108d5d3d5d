import { parseKeyArn } from '../kms/keyArn.ts';
import type { Grant, PrincipalRef } from '../kms/model.ts';
import { parsePrincipal } from '../kms/principal.ts';
import type { Argument, GrantArguments, GrantResource } from './resource.ts';

/** A resource in a file of the workspace. */
export interface FileResource extends GrantResource {
  /** The URI of the file. */
  readonly uri: string;
  /** As a person calls the file: relative to its folder. */
  readonly path: string;
}

/** A resource that may make a grant like this one, by what can be compared. */
export interface Match<T extends GrantResource = FileResource> {
  readonly resource: T;
  /** Names of arguments that are literals, or absent, and say the same as the grant. */
  readonly equal: readonly string[];
  /** Names of arguments that are no literals, or that the grant has in a form that no file has. */
  readonly notCompared: readonly string[];
}

type Verdict = 'equal' | 'different' | 'notCompared';

/**
 * Whether the resource may make a grant like this one: every literal says the same, and the name or the grantee is one.
 * All else that Terraform could make of it is not known.
 */
export function match<T extends GrantResource>(resource: T, grant: Grant): Match<T> | undefined {
  // Terraform's provider has no argument for it.
  if (grant.constraints.sourceArn !== undefined) {
    return undefined;
  }
  const verdicts = Object.entries(compare(resource.arguments, grant));
  const { name, grantee_principal: grantee } = resource.arguments;
  const isAnchored =
    isSame(name, grant.name ?? '') === 'equal' || principal(grantee, grant.granteePrincipal) === 'equal';
  if (!isAnchored || verdicts.some(([, verdict]) => verdict === 'different')) {
    return undefined;
  }
  const of = (wanted: Verdict) => verdicts.flatMap(([argument, verdict]) => (verdict === wanted ? [argument] : []));
  return { resource, equal: of('equal'), notCompared: of('notCompared') };
}

function compare(stated: GrantArguments, grant: Grant): Readonly<Record<keyof GrantArguments, Verdict>> {
  const key = parseKeyArn(grant.keyArn);
  const { encryptionContextEquals, encryptionContextSubset } = grant.constraints;
  return {
    name: orAbsent(isSame(stated.name, grant.name ?? ''), stated.name, grant.name === undefined),
    key_id: judge(stated.key_id, (id) => id === grant.keyArn || id === key?.keyId),
    grantee_principal: principal(stated.grantee_principal, grant.granteePrincipal),
    retiring_principal: orAbsent(
      principal(stated.retiring_principal, grant.retiringPrincipal),
      stated.retiring_principal,
      grant.retiringPrincipal === undefined,
    ),
    region: judge(stated.region, (region) => region === key?.region),
    operations: judge(stated.operations, (operations) => isSameSet(operations, grant.operations)),
    encryption_context_equals: context(stated.encryption_context_equals, encryptionContextEquals),
    encryption_context_subset: context(stated.encryption_context_subset, encryptionContextSubset),
  };
}

function judge<T>(stated: Argument<T>, isEqual: (value: T) => boolean): Verdict {
  if (stated.kind !== 'literal') {
    return 'notCompared';
  }
  return isEqual(stated.value) ? 'equal' : 'different';
}

/** @param isAbsent the grant has no such thing either */
function orAbsent(verdict: Verdict, { kind }: Argument<unknown>, isAbsent: boolean): Verdict {
  return kind === 'absent' ? (isAbsent ? 'equal' : 'different') : verdict;
}

function isSame(stated: Argument<string>, value: string): Verdict {
  return judge(stated, (one) => one === value);
}

function principal(stated: Argument<string>, ref: PrincipalRef | undefined): Verdict {
  const kind = ref === undefined ? undefined : parsePrincipal(ref).kind;
  // KMS has a unique ID in place of a role or user that was deleted: no file has that.
  if (kind === 'unresolvedRole' || kind === 'unresolvedUser') {
    return 'notCompared';
  }
  // Terraform's provider knows no service principals of KMS.
  return judge(stated, (one) => ref?.kind === 'principal' && one === ref.value);
}

function context(
  stated: Argument<ReadonlyMap<string, string>>,
  pairs: Readonly<Record<string, string>> | undefined,
): Verdict {
  const entries = Object.entries(pairs ?? {});
  const verdict = judge(
    stated,
    (map) => map.size === entries.length && entries.every(([key, one]) => map.get(key) === one),
  );
  return orAbsent(verdict, stated, entries.length === 0);
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}

/** The resources of all files, so that those of a grant are found without looking at every one. */
export class Resources {
  readonly all: readonly FileResource[];
  /** By each literal that can be what a match takes. */
  readonly #byLiteral = new Map<string, FileResource[]>();

  constructor(all: readonly FileResource[]) {
    this.all = all;
    for (const resource of all) {
      const { name, grantee_principal: grantee } = resource.arguments;
      for (const literal of new Set([name, grantee].flatMap((one) => (one.kind === 'literal' ? [one.value] : [])))) {
        const same = this.#byLiteral.get(literal);
        if (same === undefined) {
          this.#byLiteral.set(literal, [resource]);
        } else {
          same.push(resource);
        }
      }
    }
  }

  mayMake(grant: Grant): readonly Match[] {
    const literals = new Set([grant.name, grant.granteePrincipal?.value].filter((one) => one !== undefined));
    const candidates = new Set([...literals].flatMap((literal) => this.#byLiteral.get(literal) ?? []));
    return [...candidates].flatMap((resource) => match(resource, grant) ?? []);
  }
}
