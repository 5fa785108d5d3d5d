import { run } from './process.ts';
import { messageOf, projectRoot } from './project.ts';

/** What the registry knows of the packages that we ship. `unknown`: it could not be asked, or does not know audits. */
export type Audit =
  | { readonly kind: 'clean' }
  | { readonly kind: 'vulnerable'; readonly packages: readonly string[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Asks the registry that npm is set up with, or another, of what is not for development alone. */
export async function audit(registry?: string): Promise<Audit> {
  const lines: string[] = [];
  const options = registry === undefined ? [] : [`--registry=${registry}`];
  await run(
    'npm',
    ['audit', '--omit=dev', '--json', '--loglevel=silent', '--fetch-retries=0', '--fetch-timeout=30000', ...options],
    {
      cwd: projectRoot,
      onLine: (line) => lines.push(line),
    },
  );
  try {
    const { vulnerabilities, message }: Report = JSON.parse(lines.join('\n'));
    if (vulnerabilities === undefined) {
      return { kind: 'unknown', reason: message ?? 'npm answered with neither a report nor an error' };
    }
    const packages = Object.values(vulnerabilities).map(
      ({ name, severity, range }) => `${name} ${range} (${severity})`,
    );
    return packages.length === 0 ? { kind: 'clean' } : { kind: 'vulnerable', packages };
  } catch (error) {
    return { kind: 'unknown', reason: messageOf(error) };
  }
}

/** The part of npm's report that is read; `message` is there instead of a report. */
interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { name: string; severity: string; range: string }>>;
  readonly message?: string;
}
