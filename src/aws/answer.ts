import { addAbortSignal, type Readable } from 'node:stream';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import { type SigningIn, signingIn } from './currentSignIn.ts';

/**
 * Bytes of one answer. The largest of KMS is a page of 100 grants, each with two encryption contexts of 8 pairs of 384
 * characters at most: 8 MB, were each character escaped in JSON. CloudTrail gives 50 events of 256 KB at most: 12.5 MB.
 */
export const maxAnswerBytes = 16 * 1024 * 1024;

/** In the place of the SDK's reader of answers, which takes whatever comes for as long as it comes. */
export async function collectAnswer(body: Readable): Promise<Uint8Array> {
  const current = signingIn.getStore();
  if (current !== undefined) {
    addAbortSignal(current.signal, body);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early closes the connection.
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > maxAnswerBytes) {
      throw tooLarge(current);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

function tooLarge(current: SigningIn | undefined): Error {
  const error = new AnswerTooLarge(l10n.t('It has more than {0} MB.', maxAnswerBytes / 1024 ** 2));
  if (current !== undefined) {
    // The SDK's providers keep only the text of it.
    const { name, message } = error;
    current.failure = new KmsError({
      kind: 'tooLarge',
      operation: 'Connect',
      awsName: name,
      message,
      profile: current.profile,
      isSignIn: true,
    });
  }
  return error;
}
