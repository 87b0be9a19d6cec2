/**
 * Faults on demand, for tests and for trying out clients: what a network and an overloaded server do to requests.
 *
 * It works on connections and answers alone and knows no route's meaning.
 */
export { applyFaults } from './apply.ts';
export { parseFaultRule } from './parse.ts';
export { type Fault, type FaultActions, type FaultRule, Faults } from './rules.ts';
