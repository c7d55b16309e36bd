/**
 * What streams and the builders between them ask of a stream. DataStream makes the builders, so these know it only by
 * type; symbols keep this out of users' completion lists.
 */

/** The edge that a stream is. */
export const upstream: unique symbol = Symbol('flinkc.upstream');

/** Records an operator of this stream and others, and gives the stream of its results. flink: DataStream#transform */
export const transform: unique symbol = Symbol('flinkc.transform');

/** keyBy, as part of a call that has its own place in the program. */
export const keyedAt: unique symbol = Symbol('flinkc.keyedAt');
