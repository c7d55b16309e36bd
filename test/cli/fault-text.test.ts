import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { faultText } from '../../bin/fault-text.js';
import { RuntimeFault } from '../../runtime/contract/fault.js';

test('control characters of a quoted record are shown, not sent to the terminal', () => {
  const fault = new RuntimeFault('FC5303', {
    message: 'cannot decode \u001b[2J',
    domain: 'external',
    facts: { record: 'a\u0007b\u009bc\td' },
  });
  assert.ok(faultText(fault).includes('cannot decode \\x1b[2J'));
  assert.ok(faultText(fault).includes('record: a\\x07b\\x9bc\td'));
});

test.run();
