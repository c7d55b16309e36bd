import type { DecoderContext, Format, RecordDecoder, RecordEncoder } from '../api/format.js';
import type { Schema } from '../api/schema.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import { jsonWriter } from '../api/text-form.js';
import { createJsonDecoder } from './json-decoder.js';

/**
 * One JSON value per line, in UTF-8. Fields that the record type does not have are skipped; a missing field is an error
 * unless it is optional. Timestamps are ISO texts or milliseconds, decimals numbers or texts, bytes base64, maps objects
 * or pairs; numbers beyond doubles are exact where the type is a decimal or a bigint.
 *
 * A compiled program looks only at the fields that it reads: values of others are not checked, and of a field that
 * occurs twice it is not defined which one counts.
 */
export class JsonFormat<T> implements Format<T>, Shippable {
  readonly name = 'json';
  readonly splittable = true;
  readonly hasHeader = false;
  declare readonly __record?: T;

  [ship](): ShipReference {
    return { module: 'flinkc/json', name: 'JsonFormat', args: [] };
  }
  createDecoder(context: DecoderContext): RecordDecoder {
    return createJsonDecoder(context);
  }
  createEncoder(schema: Schema): RecordEncoder {
    const write = jsonWriter(schema);
    return { encode: record => `${write(record)}\n` };
  }
}
