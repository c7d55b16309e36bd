/** A request as handlers see it: path parameters, query, JSON body and files, each read with its type or refused. */
import type { IncomingMessage } from 'node:http';
import { multipartFiles, type UploadedFile } from './multipart.js';
import { badRequest, RestError } from './rest-error.js';

export interface RestRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Fields;
  readonly files: readonly UploadedFile[];
}

/** Fields of a JSON object. What is null, missing or, where a number or a boolean is expected, '' counts as not given. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.#values = values;
  }

  string(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw wrong(name, 'a string', value);
    return value === '' ? undefined : value;
  }
  /** The dashboard sends booleans and numbers as text too. */
  boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined || value === '') return undefined;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw wrong(name, 'true or false', value);
  }
  integer(name: string, min: number): number | undefined {
    const value = this.#get(name);
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < min)
      throw wrong(name, `a whole number of at least ${min}`, value);
    return number;
  }
  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const given = this.string(name);
    if (given === undefined) return undefined;
    const value = values.find(each => each.toLowerCase() === given.toLowerCase());
    if (value === undefined) throw wrong(name, values.join(', '), given);
    return value;
  }
  strings(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every(each => typeof each === 'string'))
      throw wrong(name, 'a list of strings', value);
    return value as readonly string[];
  }
  stringMap(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!isObject(value) || !Object.values(value).every(each => typeof each === 'string'))
      throw wrong(name, 'an object of strings', value);
    return value as Readonly<Record<string, string>>;
  }
  object(name: string): Fields | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw wrong(name, 'an object', value);
    return new Fields(value);
  }
  get names(): readonly string[] {
    return Object.keys(this.#values);
  }

  #get(name: string): unknown {
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return value === null ? undefined : value;
  }
}

/** Query parameters under the names of fields, for handlers that take both. */
export function queryFields(query: URLSearchParams, names: Readonly<Record<string, string>>): Fields {
  return new Fields(
    Object.fromEntries(
      Object.entries(names).flatMap(([field, parameter]) => {
        const value = query.get(parameter);
        return value === null ? [] : [[field, value]];
      }),
    ),
  );
}

export interface RequestContent {
  readonly body: Fields;
  readonly files: readonly UploadedFile[];
}

/** Clients send a body with every method, also with GET. */
export async function readContent(
  message: IncomingMessage,
  options: { readonly maxBytes: number; readonly filesAllowed: boolean },
): Promise<RequestContent> {
  const bytes = await readBody(message, options.maxBytes);
  const type = message.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type)) {
    if (!options.filesAllowed) throw badRequest('File upload not allowed.');
    const { files, request } = multipartFiles(bytes, type);
    return { files, body: request === null ? new Fields() : parseJson(request) };
  }
  return { files: [], body: bytes.length === 0 ? new Fields() : parseJson(bytes.toString('utf8')) };
}

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(message.headers['content-length'] ?? 0);
  if (announced > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseJson(text: string): Fields {
  if (text.trim() === '') return new Fields();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badRequest(`The body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw badRequest('The body must be a JSON object.');
  return new Fields(value);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const tooLarge = (maxBytes: number): RestError =>
  new RestError(413, `The body is larger than ${maxBytes} bytes (rest.server.max-content-length).`);

const wrong = (name: string, expected: string, given: unknown): RestError =>
  badRequest(`'${name}' must be ${expected}, not ${(JSON.stringify(given) ?? 'undefined').slice(0, 200)}.`);
