/** What a trigger may do: timers and state of the key and window set last. */
import type { DescriptorOf } from '../../../plugins/api/functions.js';
import type { StateDescriptorLike } from '../../../plugins/api/state.js';
import type { OnMergeContext, Trigger, TriggerResult, Window } from '../../../plugins/api/windowing.js';
import type { InternalTimerService } from '../../contract/state.js';
import type { ProcessingTimeService } from '../../contract/task.js';
import type { DescribedWindowState } from './described-state.js';

export class WindowTriggerContext<IN, W extends Window> implements OnMergeContext {
  readonly #trigger: Trigger<IN, W>;
  readonly #timers: InternalTimerService<W>;
  readonly #state: DescribedWindowState<W>;
  readonly #processingTime: ProcessingTimeService;
  #window: W | null = null;
  #merged: readonly W[] = [];

  constructor(
    trigger: Trigger<IN, W>,
    timers: InternalTimerService<W>,
    state: DescribedWindowState<W>,
    processingTime: ProcessingTimeService,
  ) {
    this.#trigger = trigger;
    this.#timers = timers;
    this.#state = state;
    this.#processingTime = processingTime;
  }

  onElement(value: IN, timestamp: number, window: W): TriggerResult {
    this.#setWindow(window);
    return this.#trigger.onElement(value, timestamp, window, this);
  }
  onEventTime(timestamp: number, window: W): TriggerResult {
    this.#setWindow(window);
    return this.#trigger.onEventTime(timestamp, window, this);
  }
  onProcessingTime(timestamp: number, window: W): TriggerResult {
    this.#setWindow(window);
    return this.#trigger.onProcessingTime(timestamp, window, this);
  }
  onMerge(cover: W, parts: readonly W[]): void {
    this.#setWindow(cover);
    this.#merged = parts;
    this.#trigger.onMerge?.(cover, this);
  }
  clear(window: W): void {
    this.#setWindow(window);
    this.#trigger.clear(window, this);
  }

  currentProcessingTime(): number {
    return this.#processingTime.now();
  }
  currentWatermark(): number {
    return this.#timers.currentWatermark;
  }
  registerEventTimeTimer(time: number): void {
    this.#timers.registerEventTimeTimer(this.#window!, time);
  }
  registerProcessingTimeTimer(time: number): void {
    this.#timers.registerProcessingTimeTimer(this.#window!, time);
  }
  deleteEventTimeTimer(time: number): void {
    this.#timers.deleteEventTimeTimer(this.#window!, time);
  }
  deleteProcessingTimeTimer(time: number): void {
    this.#timers.deleteProcessingTimeTimer(this.#window!, time);
  }
  getPartitionedState<S>(descriptor: DescriptorOf<string, S>): S {
    return this.#state.get(descriptor) as S;
  }
  mergePartitionedState(descriptor: StateDescriptorLike): void {
    this.#state.merge(descriptor, this.#window!, this.#merged);
  }

  #setWindow(window: W): void {
    this.#window = window;
    this.#state.setWindow(window);
  }
}
