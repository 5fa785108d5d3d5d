import * as l10n from '@vscode/l10n';
import { evidenceServices, type KmsErrorDetails, type KmsErrorKind, signInServices } from '../kms/errors.ts';
import type { HelpfulAction } from './userError.ts';

/** What a person reads about a failure. */
export interface Explanation {
  /** Two or three words, for a row. */
  readonly title: string;
  /** What happened, in one sentence. */
  readonly sentence: string;
  /** What to do about it, in one sentence. */
  readonly advice: string;
  /** In order of helpfulness. */
  readonly actions: readonly HelpfulAction[];
}

/** A failure, with what its sentences name. */
export interface Failure {
  readonly details: KmsErrorDetails;
  /** The key's ARN, or words for it. */
  readonly key: string;
  readonly profile: string;
  /** The operation, with its service unless that is KMS. */
  readonly call: string;
  /** The service that was called, unless that is KMS. */
  readonly service: string | undefined;
  /** The service, where a step of a sign-in failed. */
  readonly signInService: string | undefined;
  /** The service that was called. */
  readonly server: string;
}

/** An explanation whose only action is Retry, unless others are given; `explain` adds the log to them. */
export type Explained = Omit<Explanation, 'actions'> & Partial<Pick<Explanation, 'actions'>>;

/** From kinds of failures to what a person reads about them. */
export type ExplainTable = Readonly<Partial<Record<KmsErrorKind, (failure: Failure) => Explained>>>;

export function failureOf(details: KmsErrorDetails): Failure {
  const { operation } = details;
  const signInService = signInServices.get(operation);
  const service = signInService ?? evidenceServices.get(operation);
  return {
    details,
    key: details.keyArn ?? l10n.t('the key'),
    profile: details.profile ?? l10n.t('(environment)'),
    call: service === undefined ? operation : `${operation} (${service})`,
    service,
    signInService,
    server: service ?? 'KMS',
  };
}
