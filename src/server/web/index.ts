/**
 * The web application: the routes below `/api2/` and `/api/v2.1/`, and the OIDC issuer, one file a topic.
 *
 * It answers as Seahub does, oddities included; what a library does with a change is the business of libraries/, and the bytes
 * of files go through fileserver/.
 */
export { webRoutes } from './routes.ts';
