import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { raceAbort } from '../../core/base/abort.ts';
import { printable } from '../../core/base/text.ts';
import type { Inventory } from '../../core/connections/inventory.ts';
import type { KeyListing } from '../../core/connections/keyLoad.ts';
import type { Session } from '../../core/connections/session.ts';
import type { EvidenceLine } from '../../core/evidence/evidenceText.ts';
import { findingsOfKey } from '../../core/findings/findings.ts';
import { grantAsAwsJson, keyAsAwsJson } from '../../core/kms/awsJson.ts';
import { type ConnectionRef, connectionId, type KmsKey } from '../../core/kms/model.ts';
import { findGrant } from '../../core/kms/readGrant.ts';
import { connectionName } from '../../core/words/describe.ts';
import { errorSentence } from '../../core/words/explain.ts';
import { UserError } from '../../core/words/userError.ts';
import { languageModelTools, type ToolName } from '../../manifest.ts';
import { findingSettings } from '../../platform/findingSettings.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import type { EndAnswer, EndContext } from '../changes/endGrant/endGrant.ts';
import { endGrant } from '../changes/endGrant/endGrant.ts';
import { refuseIfReadOnly } from '../changes/readOnly.ts';
import type { Needs } from '../context.ts';
import { pagesBundle } from '../pagesBundle.ts';
import { answer, bounded, toBoundedJson } from './toolAnswer.ts';

/** What a language model reads for each answer of a revoke. */
const meanings: Readonly<Record<EndAnswer, string>> = {
  declined: 'The user did not confirm. Nothing was done.',
  gone: 'KMS no longer listed the grant. Nothing was done.',
  underWay: 'A revoke or retirement of this grant was already sent. Nothing more was done.',
  accepted: 'KMS accepted the revoke. It may list and honor the grant a little longer.',
  perhapsGone: "KMS didn't find the grant. It is probably gone.",
  doneByDryRun: 'The server ignored the dry run and revoked the grant.',
};

/** The input of all tools; each takes what it needs. */
export interface ToolInput {
  readonly connection?: string;
  readonly key?: string;
  readonly grantId?: string;
  /** Of an error. */
  readonly text?: string;
}

type ToolContext = EndContext & Needs<'clock' | 'evidence' | 'pinnedKeys'>;

interface Tool {
  readonly message: (input: ToolInput) => string;
  readonly run: (context: ToolContext, input: ToolInput, token: vscode.CancellationToken) => Promise<unknown>;
}

/**
 * The tools of language models. Answers are bounded in size. `revokeGrant` is the command itself, with its check, its
 * question to the user and its follow-up. No tool opens a connection that would prompt.
 */
const tools: Readonly<Record<ToolName, Tool>> = {
  [languageModelTools.listConnections]: {
    message: () => l10n.t('Listing the KMS connections'),
    run: async ({ connections }) => {
      const refs = await connections.list();
      return bounded(
        refs.map((ref) => {
          const failure = connections.failure(ref);
          return {
            connection: connectionId(ref),
            name: connectionName(ref),
            region: ref.kind === 'sample' ? undefined : ref.region,
            account: connections.session(ref)?.knownIdentity?.account,
            problem: failure && errorSentence(failure),
          };
        }),
        true,
      );
    },
  },
  [languageModelTools.listKeys]: {
    message: () => l10n.t('Listing KMS keys'),
    run: async (context, input) => {
      const { inventory } = await sessionFor(context, input);
      const { keys } = await allKeys(inventory);
      return bounded(
        keys.map((key) => keyAsAwsJson(key, inventory.metadata(key.arn))),
        true,
      );
    },
  },
  [languageModelTools.listGrants]: {
    message: ({ key }) => l10n.t('Listing the grants on {0}', printable(key ?? '')),
    run: async (context, input) => {
      const session = await sessionFor(context, input);
      const { key, grants, isComplete } = await grantsFor(session, input);
      const known = context.evidence.loaded;
      return bounded(
        grants.map((grant) => {
          const lines = known?.lines(grant, known.evidence.of({ session, key, grant })) ?? [];
          return { ...grantAsAwsJson(grant), ...(lines.length === 0 ? {} : { evidence: lines.map(shortLine) }) };
        }),
        isComplete,
      );
    },
  },
  [languageModelTools.listFindings]: {
    message: ({ key }) => l10n.t('Checking the grants on {0}', printable(key ?? '')),
    run: async (context, input) => {
      const session = await sessionFor(context, input);
      const { key, grants, isComplete } = await grantsFor(session, input);
      const metadata = session.inventory.metadata(key.arn);
      const found = findingsOfKey(grants, {
        options: findingSettings.get(),
        key,
        metadata,
        now: context.clock.now(),
        evidenceOf: (grant) => context.evidence.of({ session, key, grant }),
      });
      const remarkable = grants
        .map(({ grantId, name }) => ({ grantId, name, findings: found.of(grantId) }))
        .filter(({ findings }) => findings.length > 0);
      return bounded(remarkable, isComplete);
    },
  },
  [languageModelTools.getEvidence]: {
    message: ({ grantId, key }) =>
      l10n.t('Asking AWS about grant {0} on {1}', printable(grantId ?? ''), printable(key ?? '')),
    run: async (context, input, token) => {
      const session = await sessionFor(context, input);
      const signal = signalOf(token);
      const { key, grant } = await grantFor(session, input, signal);
      const { evidence, lines } = await context.evidence.load();
      const place = { session, key, grant };
      await raceAbort(evidence.load(place), signal);
      return bounded(lines(grant, evidence.of(place)).map(wholeLine), true);
    },
  },
  [languageModelTools.explainKmsError]: {
    message: () => l10n.t('Reading a KMS error'),
    run: async (context, { text = '' }, token) => (await pagesBundle()).explainForModel(context, text, signalOf(token)),
  },
  [languageModelTools.revokeGrant]: {
    message: ({ grantId, key }) => l10n.t('Revoking grant {0} on {1}', printable(grantId ?? ''), printable(key ?? '')),
    run: async (context, input, token) => {
      refuseIfReadOnly();
      const session = await sessionFor(context, input);
      const { key, grant } = await grantFor(session, input, signalOf(token));
      const node: GrantNode = { kind: 'grant', connection: session.connection, key, grant };
      const answer = await endGrant('revoke', context, node);
      return { answer, meaning: meanings[answer] };
    },
  },
};

/** What a model sent, which may not be what the schema says. Some models send null, or an empty text, for what is left out. */
function asInput(sent: unknown): ToolInput {
  const texts = Object.entries(sent ?? {})
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
  return Object.fromEntries(texts);
}

/** What is shown while a tool runs. */
export function describeTool(name: ToolName, input: unknown): string {
  return tools[name].message(asInput(input));
}

/** The answer as JSON text. */
export async function runTool(
  context: ToolContext,
  name: ToolName,
  input: unknown,
  token: vscode.CancellationToken,
): Promise<string> {
  return toBoundedJson(await answer(() => tools[name].run(context, asInput(input), token)));
}

async function sessionFor({ connections }: Needs<'connections'>, { connection }: ToolInput): Promise<Session> {
  const refs: readonly ConnectionRef[] = await connections.list();
  const ref = connection === undefined ? refs[0] : refs.find((candidate) => connectionId(candidate) === connection);
  if (ref === undefined) {
    throw new UserError(
      connection === undefined
        ? l10n.t('The view has no connections.')
        : l10n.t('The view has no connection {0}.', connection),
    );
  }
  return connections.open(ref);
}

async function keyFor({ inventory }: Session, { key: name = '' }: ToolInput): Promise<KmsKey> {
  const { keys, aliasError } = await allKeys(inventory);
  const found = keys.find(
    ({ arn, keyId, aliases }) =>
      arn === name || keyId === name || aliases.includes(name) || aliases.includes(`alias/${name}`),
  );
  if (found === undefined) {
    // Without the list of aliases, any name can be one of them.
    throw name.startsWith('arn:') || aliasError === undefined
      ? new UserError(l10n.t('This connection has no key {0}.', name))
      : aliasError;
  }
  return found;
}

/** The grant, as KMS lists it now. */
async function grantFor(session: Session, input: ToolInput, signal: AbortSignal) {
  const key = await keyFor(session, input);
  const ref = { keyArn: key.arn, grantId: input.grantId ?? '' };
  const grant = await findGrant(session.api, ref, signal);
  if (grant === undefined) {
    throw new UserError(l10n.t("KMS doesn't list grant {0} on {1}.", ref.grantId, key.arn));
  }
  return { key, grant };
}

/** The grants of the key that are loaded. @throws KmsError when they can't be */
async function grantsFor(session: Session, input: ToolInput) {
  const key = await keyFor(session, input);
  const { grants, state } = await session.inventory.grants(key.arn);
  if (state.kind === 'failed') {
    throw state.error;
  }
  return { key, grants, isComplete: state.kind === 'complete' };
}

/** @throws KmsError when the list is not complete */
async function allKeys(inventory: Inventory): Promise<KeyListing> {
  let listing = await inventory.keys();
  for await (listing of inventory.allKeys()) {
    if (listing.state.kind === 'failed') {
      throw listing.state.error;
    }
  }
  return listing;
}

function shortLine({ title, text, source }: EvidenceLine) {
  return { title, text, source };
}

/** Of the other grants of a grantee there can be thousands. */
const detailsShown = 10;

function wholeLine(line: EvidenceLine) {
  const { more, tone } = line;
  const details = more.slice(0, detailsShown);
  return { ...shortLine(line), isKnown: tone === 'known', details, detailsInAll: more.length };
}

function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
