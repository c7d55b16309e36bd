import { ship, type Shippable, type ShipReference } from '../../../plugins/api/shipping.js';
import {
  GlobalWindow,
  type AssignerSpec,
  type Trigger,
  type WindowAssigner,
  type WindowAssignerContext,
} from '../../../plugins/api/windowing.js';
import { EndOfStreamTrigger, NeverTrigger } from './global-triggers.js';

const globalWindows: readonly GlobalWindow[] = /* @__PURE__ */ Object.freeze([GlobalWindow.instance]);

/** One window per key that never ends: useful only with a trigger. flink: GlobalWindows */
export class GlobalWindows implements WindowAssigner<unknown, GlobalWindow>, Shippable {
  readonly windowKind = 'global';
  // also with the end-of-stream trigger, whose timer is at the end of time: nothing can be late
  readonly isEventTime = false;
  readonly isMerging = false;
  readonly endOfStream: boolean;

  constructor(endOfStream = false) {
    this.endOfStream = endOfStream;
  }

  static create(): GlobalWindows {
    return new GlobalWindows();
  }

  /** Fires once, at the end of bounded input. flink: GlobalWindows#createWithEndOfStreamTrigger */
  static createWithEndOfStreamTrigger(): GlobalWindows {
    return new GlobalWindows(true);
  }

  get spec(): AssignerSpec {
    return { kind: 'global', endOfStream: this.endOfStream };
  }

  assignWindows(
    _element: unknown,
    _timestamp: number,
    _context: WindowAssignerContext,
  ): readonly GlobalWindow[] {
    return globalWindows;
  }

  getDefaultTrigger(): Trigger<unknown, GlobalWindow> {
    return this.endOfStream ? new EndOfStreamTrigger() : new NeverTrigger();
  }

  [ship](): ShipReference {
    return { module: 'flinkc', name: 'GlobalWindows', args: [this.endOfStream] };
  }
}
