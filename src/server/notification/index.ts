/**
 * The notification server: a websocket on which clients hear of new heads without asking.
 *
 * It knows tickets and subscriptions; what a head is and who may read a library it is told.
 */
export { NOTIFICATION_PATH, Notifier } from './notifier.ts';
export { type Ticket, Tickets } from './tickets.ts';
