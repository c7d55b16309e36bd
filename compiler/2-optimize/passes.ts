/** The passes in their order; each position states its reason. */
import { chainOperators } from './chain-operators.js';
import { chooseExchanges } from './choose-exchanges.js';
import { combineBeforeExchange } from './combine-before-exchange.js';
import { declareState } from './declare-state.js';
import { demandFields } from './demand-fields.js';
import type { Pass } from './draft.js';
import { elideCopies } from './elide-copies.js';
import { flattenUnions } from './flatten-unions.js';
import { layOutBatches } from './lay-out-batches.js';

export const passes: readonly Pass[] = [
  flattenUnions, // later passes see only operators that compute, and edges between them
  chooseExchanges, // whether an edge may be fused depends on its partitioning
  chainOperators, // says which edges leave a task
  demandFields, // independent of fusion, but before everything that has columns or state
  declareState, // state holds records as they arrive, so it needs demand
  combineBeforeExchange, // accumulators are what the state of the receiver says
  layOutBatches, // cut edges get the demanded columns, or those of accumulators
  elideCopies, // last: looks at who shares a record with whom
];
