import { Emitter, type Event } from '../base/emitter.ts';
import { lazy } from '../base/lazy.ts';
import type { Grant } from '../kms/model.ts';
import type { Match } from './match.ts';
import type { TerraformLine } from './terraformText.ts';

/** How much was read. */
export interface TerraformReading {
  readonly files: number;
  /** Files that were too large, or couldn't be read. */
  readonly notRead: number;
  /** There are more files than are looked at. */
  readonly isCut: boolean;
}

/** The resources `aws_kms_grant` in the files of the workspace. */
export interface Terraform {
  /** The resources are others than before. */
  readonly onDidChange: Event<void>;
  /** As of the last read. */
  readonly reading: TerraformReading;
  /** Resolves once all files are read as they are now. Never rejects: what can't be read is left out. */
  read(): Promise<void>;
  /** Those that may make a grant like this one, as far as files have been read. */
  mayMake(grant: Grant): readonly Match[];
  /** The rows that say so. */
  linesOf(grant: Grant): readonly TerraformLine[];
  /** What a question about the end of these grants says, in lines. */
  beforeEnd(grants: readonly Grant[]): readonly string[];
}

/** The code is loaded, and files are read, when the first grant is on screen. */
export class LazyTerraform {
  readonly load: () => Promise<Terraform>;
  /** Whether there are files to read at all. */
  readonly hasFolder: () => boolean;
  readonly #changed = new Emitter();
  readonly onDidChange = this.#changed.event;
  #loaded: Terraform | undefined;
  #isBegun = false;

  constructor(hasFolder: () => boolean, load: () => Promise<Terraform>) {
    this.hasFolder = hasFolder;
    this.load = lazy(async () => {
      const terraform = await load();
      terraform.onDidChange(() => this.#changed.fire());
      this.#loaded = terraform;
      return terraform;
    });
  }

  /** Whether some resource may make the grant, as far as is known now. The first question begins to read. */
  hasResourceFor(grant: Grant): boolean {
    if (!this.#isBegun && this.hasFolder()) {
      this.#isBegun = true;
      setImmediate(
        () =>
          void this.load().then(
            (terraform) => terraform.read(),
            () => {},
          ),
      );
    }
    return (this.#loaded?.mayMake(grant).length ?? 0) > 0;
  }

  /** As far as is known now. */
  linesOf(grant: Grant): readonly TerraformLine[] {
    return this.#loaded?.linesOf(grant) ?? [];
  }
}
