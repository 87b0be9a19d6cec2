/**
 * Signing in: from credentials to an account that holds a valid API token. Knows the three ways the services use (a
 * ready token, a password, an OpenID Connect service account) and nothing of what the token is used for.
 */
export { Account } from './account.ts';
export {
  type Auth,
  type ClientCredentialsAuth,
  clientCredentials,
  type PasswordAuth,
  password,
  type TokenAuth,
  token,
} from './auth.ts';
export { signedIn, signIn } from './sign-in.ts';
