import type { FastifyInstance } from 'fastify';
import type { Site } from '../site.ts';
import { type Answer, detail, Refusal } from './answers.ts';
import type { Call } from './call.ts';
import { tokenOf } from './identify.ts';
import { resource } from './resource.ts';

/** Signing in, and what an account is told about itself (seafile-api A.2, A.4, B.7, I.3). */
export function accountRoutes(app: FastifyInstance, site: Site): void {
  const anybody = { open: 'anybody' } as const;
  resource(app, site, '/api2/auth-token/', { POST: signIn }, anybody);
  resource(app, site, '/api2/account/token/', { GET: exchange });
  resource(app, site, '/api2/ping/', { GET: () => ({ json: 'pong' }) }, anybody);
  resource(app, site, '/api2/auth/ping/', { GET: () => ({ json: 'pong' }) });
  resource(app, site, '/api2/server-info/', { GET: serverInfo }, anybody);
  resource(app, site, '/api2/account/info/', { GET: accountInfo, PUT: changeName });
  resource(app, site, '/api2/logout-device/', { POST: logout });
  if (site.tickets) resource(app, site, '/notification/ping', { GET: () => ({ json: { ret: 'pong' } }) }, anybody);
}

const DEVICE_FIELDS = ['platform', 'device_id', 'device_name', 'client_version', 'platform_version'] as const;
const DEVICE_ID_LENGTHS: Readonly<Record<string, RegExp>> = {
  windows: /^.{40}$/,
  linux: /^.{40}$/,
  mac: /^.{40}$/,
  ios: /^.{36}$/,
  android: /^[0-9a-fA-F]{1,16}$/,
};

async function signIn(call: Call): Promise<Answer> {
  const username = call.text('username') ?? '';
  const password = call.text('password') ?? '';
  const missing = { ...required('username', username), ...required('password', password) };
  if (Object.keys(missing).length > 0) throw new Refusal({ status: 400, json: missing });
  const device = DEVICE_FIELDS.map((name) => call.text(name));
  const [platform, deviceId] = device;
  const isDevice = device.every((value) => value !== undefined);
  if (!isDevice && device.some((value) => value !== undefined)) throw refused('invalid params');
  if (isDevice && !(DEVICE_ID_LENGTHS[platform ?? ''] ?? /^.+$/).test(deviceId ?? '')) throw refused('invalid params');
  const account = await call.site.accounts.signIn(username, password);
  if (!account) throw refused('Unable to login with provided credentials.');
  if (!account.active) throw refused('User account is disabled.');
  const token = isDevice
    ? call.site.tokens.ofDevice(account.email, platform ?? '', deviceId ?? '')
    : call.site.tokens.ofAccount(account);
  return { json: { token } };
}

function required(name: string, value: string): Record<string, string[]> {
  return value === '' ? { [name]: ['This field is required.'] } : {};
}

const refused = (text: string) => new Refusal({ status: 400, json: { non_field_errors: [text] } });

/** EBRAINS' addition: an API token, as bare text, for an access token of the token endpoint (seafile-api A.1). */
function exchange(call: Call): Answer {
  const account = call.site.accounts.find(call.account);
  if (!account) throw detail(401, 'User inactive or deleted');
  return { text: call.site.tokens.ofAccount(account), type: 'text/plain; charset=utf-8' };
}

function serverInfo(call: Call): Answer {
  return {
    json: { version: call.site.features.version, encrypted_library_version: 2, features: ['seafile-basic'] },
    type: 'application/json; charset=utf-8',
  };
}

function accountInfo(call: Call): Answer {
  const { accounts, usage, urls } = call.site;
  const account = accounts.find(call.account);
  if (!account) throw detail(401, 'User inactive or deleted');
  const used = usage.of(account.email);
  return {
    json: {
      space_usage: account.quota === null ? '0%' : `${((used / Math.max(account.quota, 1)) * 100).toFixed(1)}%`,
      avatar_url: avatarUrl(urls.web),
      email: account.email,
      name: account.name,
      total: account.quota ?? -2,
      usage: used,
      login_id: '',
      department: '',
      contact_email: '',
      institution: '',
      is_staff: false,
      file_updates_email_interval: 0,
      collaborate_email_interval: 0,
    },
  };
}

export const avatarUrl = (web: string): string => `${web}/media/avatars/default.png`;

function changeName(call: Call): Answer {
  const name = call.text('name');
  if (name !== undefined) {
    if (name.length > 64 || name.includes('/')) {
      throw new Refusal({ status: 400, json: { error_msg: 'Name is invalid.' } });
    }
    call.site.accounts.setName(call.account, name.trim());
  }
  return accountInfo(call);
}

function logout(call: Call): Answer {
  const token = tokenOf(call.header('authorization'));
  if (token !== undefined) call.site.tokens.revoke(token);
  return { json: {} };
}
