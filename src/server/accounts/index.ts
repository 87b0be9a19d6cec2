/**
 * Who may come in: accounts, service accounts, and the tokens that stand for them.
 *
 * It says who somebody is, never what he may do with a library.
 */
export { type AccountOption, Accounts, type ClientOption } from './accounts.ts';
export { BEARER_LIFETIME_S, Bearers } from './bearers.ts';
export { checkPassword, FLEETING_COST, hashPassword, LASTING_COST } from './passwords.ts';
export { type TokenHolder, Tokens } from './tokens.ts';
