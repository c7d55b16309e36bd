/** What a decoder's module imports and consists of, gathered while its functions are written. */
export class DecoderParts {
  /** from flinkc/json */
  readonly json = new Set<string>();
  /** from flinkc/internal/api */
  readonly api = new Set(['RecordError', 'recordEnds', 'recordStop']);
  readonly apiTypes = new Set(['Batch', 'DecoderContext', 'RecordDecoder', 'RecordEnds']);
  readonly declarations: string[] = [];
  readonly functions: string[] = [];

  /** Imports a helper from flinkc/json. */
  use(helper: string): string {
    this.json.add(helper);
    return helper;
  }
}
