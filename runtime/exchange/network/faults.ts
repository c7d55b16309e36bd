/** What can go wrong between two TaskManagers. Every message names both. */
import { RuntimeFault } from '../../contract/fault.js';

export function connectionLost(self: string, peer: string, reason: string): RuntimeFault {
  return new RuntimeFault('FC5603', {
    message: `the connection between TaskManager '${self}' and TaskManager '${peer}' broke: ${reason}`,
    domain: 'external',
    retry: 'restart',
    fix: 'see whether the other TaskManager still runs and can be reached at its data address',
    facts: { taskManager: self, peer },
  });
}

export function channelRefused(self: string, peer: string, code: string, reason: string): RuntimeFault {
  return new RuntimeFault(code, {
    message: `TaskManager '${peer}' refuses TaskManager '${self}' a channel: ${reason}`,
    domain: 'internal',
    retry: 'restart',
    facts: { taskManager: self, peer },
  });
}

export function protocolViolation(self: string, peer: string, what: string): RuntimeFault {
  return new RuntimeFault('FC5605', {
    message: `TaskManager '${self}' got from TaskManager '${peer}' what the protocol does not allow: ${what}`,
    domain: 'internal',
    retry: 'restart',
    fix: 'run the same version of flinkc on all machines',
    facts: { taskManager: self, peer },
  });
}
