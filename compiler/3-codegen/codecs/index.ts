export { CodecSet, type CodecSetOptions } from './codec-set.js';
export { codecImports, generateCodec, type CodecOptions } from './generate-codec.js';
