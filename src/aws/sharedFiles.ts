import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import type { Env } from './env.ts';
import { IniError, parseIni, type Section, shellWords } from './ini.ts';
import { type ExpandedPath, expandPath } from './paths.ts';

/** The config and the credentials file, as the AWS CLI reads them. Maps are by name. */
export interface SharedFiles {
  /** Of both files; where both have a setting, the credentials file's counts. */
  readonly profiles: ReadonlyMap<string, Section>;
  /** The profiles of one file alone: an access key must not be combined from both. */
  readonly ofConfig: ReadonlyMap<string, Section>;
  readonly ofCredentials: ReadonlyMap<string, Section>;
  readonly ssoSessions: ReadonlyMap<string, Section>;
  readonly services: ReadonlyMap<string, Section>;
}

/** The absolute paths of the config and the credentials file, whether or not they exist. */
export function sharedFilePaths(env: Env): readonly [config: string, credentials: string] {
  const [config, credentials] = sharedFilesOf(env);
  return [config.path, credentials.path];
}

function sharedFilesOf(env: Env): readonly [config: ExpandedPath, credentials: ExpandedPath] {
  const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials } = env;
  return [expandPath(config || '~/.aws/config', env), expandPath(credentials || '~/.aws/credentials', env)];
}

/**
 * Reads both files from disk. A missing file has no sections.
 * @throws KmsError `filesUnreadable` when the AWS CLI would refuse one of them, or treat it as empty
 */
export async function readSharedFiles(env: Env): Promise<SharedFiles> {
  const [config, credentials] = sharedFilesOf(env);
  return combine(...(await Promise.all([readIni(config), readIni(credentials)])));
}

/** Both files in one. @param config, ofCredentials their sections, as {@link parseIni} reads them */
export function combine(
  config: ReadonlyMap<string, Section>,
  ofCredentials: ReadonlyMap<string, Section>,
): SharedFiles {
  const { profiles: ofConfig, ssoSessions, services } = configSections(config);
  const profiles = new Map(ofConfig);
  for (const [name, section] of ofCredentials) {
    profiles.set(name, new Map([...(ofConfig.get(name) ?? []), ...section]));
  }
  return { profiles, ofConfig, ofCredentials, ssoSessions, services };
}

/** The sections of a config file, by kind and name. The AWS CLI ignores other kinds, too. */
function configSections(sections: ReadonlyMap<string, Section>) {
  const profiles = new Map<string, Section>();
  const ssoSessions = new Map<string, Section>();
  const services = new Map<string, Section>();
  for (const [header, section] of sections) {
    // By its beginning, not by its first word, as in botocore.
    const kind = [
      { prefix: 'profile', named: profiles },
      { prefix: 'sso-session', named: ssoSessions },
      { prefix: 'services', named: services },
    ].find(({ prefix }) => header.startsWith(prefix));
    const [, name, ...others] = kind === undefined ? [] : (shellWords(header) ?? []);
    if (name !== undefined && others.length === 0) {
      kind?.named.set(name, section);
    } else if (header === 'default') {
      profiles.set(header, section);
    }
  }
  return { profiles, ssoSessions, services };
}

async function readIni(file: ExpandedPath): Promise<ReadonlyMap<string, Section>> {
  const text = await readText(file);
  try {
    return parseIni(text);
  } catch (error) {
    throw error instanceof IniError ? unreadable(file.path, error.message) : error;
  }
}

async function readText(file: ExpandedPath): Promise<string> {
  const bytes = await readBytes(file);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes('\0')) {
      return text;
    }
  } catch {
    // Not UTF-8: thrown below.
  }
  throw unreadable(file.path, l10n.t("It isn't encoded as UTF-8."));
}

async function readBytes({ path, homelessUser }: ExpandedPath): Promise<Uint8Array> {
  try {
    const stats = await stat(path);
    // The null device, such as /dev/null: no file.
    if (stats.isCharacterDevice()) {
      return new Uint8Array();
    }
    if (!stats.isFile()) {
      throw unreadable(path, stats.isDirectory() ? l10n.t('It is a folder.') : l10n.t("It isn't a regular file."));
    }
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    switch (code) {
      case undefined:
        throw error;
      case 'ENOENT':
        if (homelessUser !== undefined) {
          throw unreadable(path, l10n.t('The home folder of {0} is unknown. Write the whole path.', homelessUser));
        }
        if (await isBelowDanglingLink(path)) {
          throw unreadable(path, l10n.t("Its path contains a link to something that doesn't exist."));
        }
        return new Uint8Array();
      case 'EACCES':
      case 'EPERM':
        throw unreadable(path, l10n.t("You don't have permission to read it."));
      default:
        throw unreadable(path, l10n.t('The system reports {0}.', code));
    }
  }
}

/** Whether a path that does not exist, or one of its folders, is a link to nothing. */
async function isBelowDanglingLink(path: string): Promise<boolean> {
  const exists = (reading: Promise<unknown>) =>
    reading.then(
      () => true,
      () => false,
    );
  for (let at = path; ; at = dirname(at)) {
    if (await exists(lstat(at))) {
      return !(await exists(stat(at)));
    }
    if (at === dirname(at)) {
      return false;
    }
  }
}

function unreadable(path: string, message: string): KmsError {
  return new KmsError({
    kind: 'filesUnreadable',
    operation: 'Connect',
    awsName: 'FilesUnreadable',
    message,
    files: [path],
  });
}
