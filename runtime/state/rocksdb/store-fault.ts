import { RuntimeFault } from '../../contract/fault.js';

/** A RuntimeFault as it crosses threads. */
export interface FaultData {
  readonly code: string;
  readonly message: string;
  readonly domain: RuntimeFault['domain'];
  readonly retry: RuntimeFault['retry'];
  readonly fix: string | null;
  readonly facts: Readonly<Record<string, string>>;
}

export function storeFault(error: unknown, what: string, folder: string): RuntimeFault {
  if (error instanceof RuntimeFault) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RuntimeFault('FC5121', {
    message: `the RocksDB state in '${folder}' could not be ${what}: ${reason}`,
    domain: 'external',
    retry: 'restart',
    fix: 'look at the disk of state.backend.rocksdb.localdir: space, permissions, limit of open files',
    facts: { folder },
    cause: error,
  });
}
export function toFaultData(fault: RuntimeFault): FaultData {
  const { code, message, domain, retry, fix, facts } = fault;
  return { code, message, domain, retry, fix, facts };
}
export function fromFaultData(data: FaultData): RuntimeFault {
  const { code, message, domain, retry, fix, facts } = data;
  return new RuntimeFault(code, { message, domain, retry, facts, ...(fix === null ? {} : { fix }) });
}
