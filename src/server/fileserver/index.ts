/**
 * The file server: the sync protocol, downloads and uploads by link, and the block API.
 *
 * It streams: memory does not grow with a file. Who may do what was decided when a link or a sync token was made, and is
 * asked again where the real server asks again.
 */
export { fileServerRoutes } from './routes.ts';
