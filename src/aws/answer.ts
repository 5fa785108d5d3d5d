import { addAbortSignal, type Readable } from 'node:stream';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import { currentSignIn, type SignIn } from './currentSignIn.ts';

/**
 * Bytes of one answer at most. KMS's largest answer is a page of 100 grants, each with up to two encryption contexts of 8
 * pairs of 384 characters: 8 MB if every character is escaped in JSON. CloudTrail's is 50 events of 256 KB: 12.5 MB.
 */
export const maxAnswerBytes = 16 * 1024 * 1024;

/**
 * Reads the body of an answer. Replaces the SDK's own reader, which has no limit of size or time.
 * @throws AnswerTooLarge
 */
export async function collectAnswer(body: Readable): Promise<Uint8Array> {
  const current = currentSignIn.getStore();
  if (current !== undefined) {
    addAbortSignal(current.signal, body);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // A throw out of this loop closes the connection.
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

function tooLarge(current: SignIn | undefined): Error {
  const error = new AnswerTooLarge(l10n.t('It is larger than {0} MB.', maxAnswerBytes / 1024 ** 2));
  if (current !== undefined) {
    // Kept here as well: the SDK's providers keep only the text of an error.
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
