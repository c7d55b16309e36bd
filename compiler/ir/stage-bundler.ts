/** What the front end asks of the bundler for staging, which is in compiler/4-bundle. */
export interface StageBundleInput {
  /** absolute path of the project root */
  readonly root: string;
  /** root-relative path of the program */
  readonly entry: string;
  /** source of a module that runs before the program */
  readonly prelude: string;
  /** instruments one module of the program; `file` is root-relative with '/'. The map is asked for only when `sourceMap` is set. */
  readonly transform: (file: string, text: string) => { readonly code: string; map(): string };
  /** root-relative file that a specifier which is no path stands for by the project's configuration; null for packages */
  readonly alias: (importer: string, specifier: string) => string | null;
  readonly sourceMap: boolean;
}
export interface StageBundle {
  /** ES module in which packages are imported from the user's project by absolute URL */
  readonly code: string;
  /** source map (JSON) to root-relative files; null unless asked for */
  readonly map: string | null;
  /** modules of the program, root-relative, sorted */
  readonly inputs: readonly string[];
  readonly problems: readonly StageBundleProblem[];
}
export type StageBundleProblem =
  | {
      readonly kind: 'unresolved';
      readonly importer: string;
      readonly specifier: string;
      /** modules of flinkc, when one of them is wanted */
      readonly library: readonly string[];
    }
  | { readonly kind: 'failed'; readonly text: string; readonly at: StageBundlePlace | null };
/** `line` counts from 1; `word` is what the message is about, somewhere on that line. */
export interface StageBundlePlace {
  readonly file: string;
  readonly line: number;
  readonly word: string;
}

export type StageBundler = (input: StageBundleInput) => Promise<StageBundle>;
