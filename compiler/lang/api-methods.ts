/**
 * What the instrumenter needs to know of the API. Calls of methods with these names (whatever their receiver) are
 * given a site; each of the API's own takes it first. Names that only set an operator's name are here too: a site that
 * nobody takes would be found by the next call.
 */
const streamMethods = [
  'map', 'flatMap', 'filter', 'project', 'process', 'keyBy', 'union', 'connect', 'join', 'coGroup',
  'windowAll', 'countWindowAll', 'assignTimestampsAndWatermarks', 'fullWindowPartition',
  'broadcast', 'shuffle', 'forward', 'rebalance', 'rescale', 'global', 'partitionCustom', 'splitBy',
  'sinkTo', 'print', 'printToErr', 'executeAndCollect',
  'reduce', 'sum', 'min', 'max', 'minBy', 'maxBy', 'window', 'countWindow', 'intervalJoin',
  'aggregate', 'apply', 'trigger', 'evictor', 'allowedLateness', 'sideOutputLateData',
  'where', 'equalTo',
  'between', 'lowerBoundExclusive', 'upperBoundExclusive', 'sideOutputLeftLateData', 'sideOutputRightLateData',
  'mapPartition', 'sortPartition',
  'orderedWait', 'unorderedWait', 'orderedWaitWithRetry', 'unorderedWaitWithRetry',
] as const; // prettier-ignore

const settingMethods = [
  'name', 'uid', 'setUidHash', 'setDescription', 'setParallelism', 'setMaxParallelism', 'forceNonParallel',
  'setBufferTimeout', 'disableChaining', 'startNewChain', 'slotSharingGroup', 'getSideOutput', 'deadLetters',
] as const; // prettier-ignore

const environmentMethods = [
  'fromData', 'fromCollection', 'fromSequence', 'generate', 'fromSource', 'socketTextStream',
  'param', 'secret', 'buildParam',
  'setRuntimeMode', 'disableOperatorChaining', 'configure', 'enableCheckpointing', 'execute',
] as const; // prettier-ignore

/** Methods of the API whose call sites are recorded. */
export const apiMethods: ReadonlySet<string> = /* @__PURE__ */ new Set<string>([
  ...streamMethods,
  ...settingMethods,
  ...environmentMethods,
]);

/**
 * Static factories and copying methods that make shippable objects: their calls, like `new`, are the place (`at`) of
 * the value.
 */
export const shippableFactories: ReadonlySet<string> = /* @__PURE__ */ new Set<string>([
  'of', 'create', 'createWithEndOfStreamTrigger', 'withGap', 'withDynamicGap', 'newBuilder',
  'forMonotonousTimestamps', 'forBoundedOutOfOrderness', 'forGenerator', 'noWatermarks',
  'withTimestampAssigner', 'withIdleness', 'withWatermarkAlignment',
  'fixedDelay', 'exponentialBackoff', 'enableTimeToLive',
]); // prettier-ignore
