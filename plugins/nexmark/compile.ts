import type { SourceCompiler } from '../api/source-rows.js';
import { nexmarkAccess } from './rows.js';

export const nexmarkCompiler: SourceCompiler = {
  source: 'flinkc/nexmark#NexmarkSource',
  rowAccess: nexmarkAccess,
};
