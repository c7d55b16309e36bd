import type { SourceCompiler } from '../api/source-rows.js';
import { sequenceAccess } from './rows.js';

export const sequenceCompiler: SourceCompiler = {
  source: 'flinkc/datagen#SequenceSource',
  rowAccess: sequenceAccess,
};
