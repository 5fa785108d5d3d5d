import vscode = require('vscode');

import type { Clock } from '../core/base/clock.ts';
import { Emitter } from '../core/base/emitter.ts';
import type { Grant } from '../core/kms/model.ts';
import type { Terraform, TerraformReading } from '../core/terraform/lazyTerraform.ts';
import { type FileResource, type Match, Resources } from '../core/terraform/match.ts';
import type { GrantResource } from '../core/terraform/resource.ts';
import { scanTerraform } from '../core/terraform/scan.ts';
import { scanTerraformJson } from '../core/terraform/scanJson.ts';
import { beforeEndText, type TerraformLine, terraformLines } from '../core/terraform/terraformText.ts';
import { onDidChangeSettings } from './settings.ts';

const pattern = '**/*.{tf,tf.json}';

/** Modules and providers that `terraform init` fetched: not what the folder itself makes. */
const fetched = '**/.terraform/**';

const mostFiles = 2000;
/** In bytes. */
const largestFile = 1 << 20;
const readsAtOnce = 16;

/** How long changes of files are collected, in milliseconds. */
const settleMs = 300;

/** The resources in a text, by the name of its file. */
export function scanFile(path: string, text: string): readonly GrantResource[] {
  return path.endsWith('.json') ? scanTerraformJson(text) : scanTerraform(text);
}

/** The Terraform files of the open folders, on whatever file system they are. */
export class TerraformFiles implements Terraform {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #changed = new Emitter();
  readonly onDidChange = this.#changed.event;
  readonly #disposed = new AbortController();
  readonly #subscriptions: vscode.Disposable;
  /** By URI; `undefined` for a file that isn't read. */
  #files = new Map<string, readonly FileResource[] | undefined>();
  #resources = new Resources([]);
  #isCut = false;
  /** URIs of files that changed since they were last read. */
  readonly #stale = new Set<string>();
  /** The list of files may be another one, too. */
  #isListStale = true;
  #reading: Promise<void> | undefined;
  #isWaiting = false;

  constructor(clock: Pick<Clock, 'sleep'>) {
    this.#clock = clock;
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const listChanged = () => {
      this.#isListStale = true;
      this.#readSoon();
    };
    const fileChanged = (uri: vscode.Uri) => {
      this.#stale.add(uri.toString());
      listChanged();
    };
    // Of what is deleted with its folder, VS Code has no event but the folder's.
    const folders = vscode.workspace.createFileSystemWatcher('**', true, true);
    const folderDeleted = (uri: vscode.Uri) => {
      const inside = `${uri.toString()}/`;
      if ([...this.#files.keys()].some((id) => id.startsWith(inside))) {
        listChanged();
      }
    };
    this.#subscriptions = vscode.Disposable.from(
      watcher,
      folders,
      folders.onDidDelete(folderDeleted),
      watcher.onDidChange(fileChanged),
      watcher.onDidCreate(fileChanged),
      watcher.onDidDelete(fileChanged),
      vscode.workspace.onDidChangeWorkspaceFolders(listChanged),
      onDidChangeSettings('files.exclude', 'search.exclude')(listChanged),
    );
  }

  dispose(): void {
    this.#disposed.abort();
    this.#subscriptions.dispose();
    this.#changed.dispose();
  }

  get reading(): TerraformReading {
    const notRead = [...this.#files.values()].filter((one) => one === undefined).length;
    return { files: this.#files.size - notRead, notRead, isCut: this.#isCut };
  }

  mayMake(grant: Grant): readonly Match[] {
    return this.#resources.mayMake(grant);
  }

  linesOf(grant: Grant): readonly TerraformLine[] {
    return terraformLines(this.mayMake(grant));
  }

  beforeEnd(grants: readonly Grant[]): readonly string[] {
    return beforeEndText(grants.map((grant) => this.mayMake(grant)));
  }

  read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#isListStale && !this.#disposed.signal.aborted) {
      this.#isListStale = false;
      const stale = new Set(this.#stale);
      this.#stale.clear();
      const listed = await listFiles();
      this.#isCut = listed.length > mostFiles;
      const uris = new Map(listed.slice(0, mostFiles).map((uri) => [uri.toString(), uri]));
      // In the order of the list.
      const files = new Map([...uris.keys()].map((id) => [id, this.#files.get(id)]));
      const waiting = [...uris].filter(([id]) => stale.has(id) || !this.#files.has(id)).values();
      const worker = async () => {
        for (const [id, uri] of waiting) {
          files.set(id, await readFile(uri));
        }
      };
      await Promise.all(Array.from({ length: readsAtOnce }, worker));
      this.#files = files;
    }
    this.#publish();
  }

  #publish(): void {
    const before = this.#resources.all;
    const all = [...this.#files.values()].flatMap((one) => one ?? []);
    if (all.length !== before.length || all.some((one, index) => one !== before[index])) {
      this.#resources = new Resources(all);
      this.#changed.fire();
    }
  }

  /** Rows on screen follow the files. */
  #readSoon(): void {
    if (this.#isWaiting) {
      return;
    }
    this.#isWaiting = true;
    this.#clock.sleep(settleMs, this.#disposed.signal).then(
      () => {
        this.#isWaiting = false;
        return this.read();
      },
      // Disposed.
      () => {},
    );
  }
}

/** One more than are read, if there are more. Sorted, so that the same ones are read each time, and come in one order. */
async function listFiles(): Promise<readonly vscode.Uri[]> {
  try {
    const uris = await vscode.workspace.findFiles(pattern, excluded(), mostFiles + 1);
    return uris.sort((left, right) => (left.path < right.path ? -1 : 1));
  } catch {
    // A file system that can't be searched.
    return [];
  }
}

/** Besides the setting `files.exclude`, which VS Code adds. */
function excluded(): string {
  const setting: unknown = vscode.workspace.getConfiguration().get('search.exclude');
  const globs = Object.entries(typeof setting === 'object' && setting !== null ? setting : {}).flatMap(
    ([glob, isExcluded]) => (isExcluded === true ? withoutBraces(glob) : []),
  );
  return `{${[fetched, ...globs].join(',')}}`;
}

/** The globs that one with `{a,b}` stands for: the search of some versions of VS Code takes no braces within braces. */
function withoutBraces(glob: string): readonly string[] {
  const [all, before = '', choices = '', after = ''] = /^(.*)\{([^{}]*)\}(.*)$/.exec(glob) ?? [];
  return all === undefined
    ? [glob]
    : choices.split(',').flatMap((choice) => withoutBraces(`${before}${choice}${after}`));
}

/** @returns `undefined` for a file that is too large, or can't be read */
async function readFile(uri: vscode.Uri): Promise<readonly FileResource[] | undefined> {
  const { fs } = vscode.workspace;
  try {
    const bytes = (await fs.stat(uri)).size > largestFile ? undefined : await fs.readFile(uri);
    if (bytes === undefined || bytes.byteLength > largestFile) {
      return undefined;
    }
    const path = vscode.workspace.asRelativePath(uri);
    return scanFile(uri.path, new TextDecoder().decode(bytes)).map((resource) => {
      return { ...resource, uri: uri.toString(), path };
    });
  } catch {
    return undefined;
  }
}
