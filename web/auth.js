/**
 * Who has signed in: keeps the tokens in this browser, renews them, and asks Amazon Cognito about the account by fetch.
 * No password comes by here: `signing-in.js` sends people to Cognito's own pages.
 */

import { clearDrafts } from './asset/drafts.js'

const KEPT = 'rapporteur.session'
const EARLY = 60 // seconds: a token is renewed this long before its end, so that no request starts with one about to end
const pool = { url: '', pages: '', client: '', scopes: '' }

/**
 * What Cognito tells: of an error, or of tokens.
 * @typedef {{id_token: string, access_token: string, refresh_token?: string, expires_in: number}} Tokens
 * @typedef {{__type?: string, message?: string, Message?: string, error?: string} & Partial<Tokens>} Told
 */

/** What Cognito refused. `code` is its exception's name, such as "NotAuthorizedException", or OAuth's, such as "invalid_grant". */
export class AuthError extends Error {
  /**
   * @param {string} code
   * @param {string} [message]
   */
  constructor(code, message = '') {
    super(message)
    this.code = code
  }
}

/** @param {unknown} error @param {string} code */
const isRefused = (error, code) => error instanceof AuthError && error.code === code

/**
 * Says where the accounts are.
 * @param {{sign_in_url: string, sign_in_pages?: string | null, client_id: string, scopes: string[]}} config
 */
export function configureAuth(config) {
  pool.url = config.sign_in_url
  pool.pages = config.sign_in_pages ?? ''
  pool.client = config.client_id
  pool.scopes = config.scopes.join(' ')
}

/** Where these pages are: the one address that Cognito sends anybody back to. */
export const home = () => new URL('./', import.meta.url).href

/**
 * An address at the sign-in pages, with what says that it is these pages who ask.
 * @param {string} path
 * @param {Record<string, string>} asked
 */
export function atSignIn(path, asked) {
  if (!pool.pages) throw new AuthError('no-sign-in-pages')
  const query = new URLSearchParams({ client_id: pool.client, ...asked })
  return new URL(`${pool.pages}/${path}?${query}`, home()).href
}

/** What is asked for as somebody signs in. */
export const scopes = () => pool.scopes

/**
 * @param {string} action
 * @param {object} body
 * @returns {Promise<Told>}
 */
const call = (action, body) =>
  post(pool.url, JSON.stringify(body), {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': `AWSCognitoIdentityProviderService.${action}`,
  })

/**
 * Asks the authorization server, as a form does.
 * @param {string} endpoint
 * @param {Record<string, string>} fields
 */
const ask = (endpoint, fields) =>
  post(`${pool.pages}/oauth2/${endpoint}`, new URLSearchParams({ client_id: pool.client, ...fields }))

/**
 * @param {string} url
 * @param {string | URLSearchParams} body
 * @param {Record<string, string>} [headers]
 * @returns {Promise<Told>}
 */
async function post(url, body, headers) {
  /** @type {Response} */
  let answer
  try {
    // Neither cookies nor where this was asked from: what is needed stands in the body.
    answer = await fetch(url, { method: 'POST', headers, body, credentials: 'omit', referrerPolicy: 'no-referrer' })
  } catch {
    throw new AuthError('offline')
  }
  const result = read(await answer.text().catch(() => null), answer.ok)
  if (result === null) throw new AuthError('server')
  if (answer.ok) return result
  const name = String(result.__type ?? result.error ?? '')
    .split('#')
    .at(-1)
  throw new AuthError(name || 'unknown', result.message ?? result.Message)
}

/**
 * The object in `text`, in which Cognito tells everything; null if there is none: something else has answered.
 * @param {string | null} text
 * @param {boolean} mayBeEmpty
 * @returns {Told | null}
 */
function read(text, mayBeEmpty) {
  if (text === '' && mayBeEmpty) return {}
  try {
    const result = JSON.parse(text ?? '')
    return typeof result === 'object' && !Array.isArray(result) ? result : null
  } catch {
    return null
  }
}

/* ---- the session ---- */

/**
 * The tokens, and when they end (seconds since 1970).
 * @typedef {{id: string, access: string, refresh: string, ends: number, email: string}} Session
 * @returns {Session | null}
 */
export function session() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null')
  } catch {
    return null
  }
}

/** @returns {boolean} whether somebody is signed in, as far as this browser knows */
export const isSignedIn = () => session() !== null

/** The id of the account, as its token says; undefined where nobody is signed in. */
export const account = () => claimsOf(session()?.id ?? '').sub

/**
 * @param {Told} told
 * @param {Session} [before]
 * @returns {Session}
 */
function keep(told, before) {
  const { id_token: id, access_token: access, refresh_token: refresh = before?.refresh, expires_in: seconds } = told
  if (!id || !access || !refresh || !seconds) throw new AuthError('server')
  // By this clock, which may be wrong: it is the same that is looked at later.
  const kept = {
    id,
    access,
    refresh,
    ends: Date.now() / 1000 + seconds,
    email: claimsOf(id).email ?? before?.email ?? '',
  }
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept))
  } catch {
    throw new AuthError('no-storage')
  }
  return kept
}

/**
 * The claims inside a JSON Web Token, read for display only: the API is the one that verifies it.
 * @param {string} token
 * @returns {{email?: string, sub?: string}}
 */
function claimsOf(token) {
  try {
    const part = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (c) => c.charCodeAt(0))))
  } catch {
    return {}
  }
}

/** Forgets the session and tells the shell. */
export function forget() {
  try {
    localStorage.removeItem(KEPT)
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
  window.dispatchEvent(new Event('signed-out'))
}

/**
 * The session with tokens that still hold, renewed if need be; null when one has to sign in again.
 * @param {string} [refused] an id token that the API has just refused: renew unless another tab already did
 */
export async function freshSession(refused) {
  const isFresh = (/** @type {Session} */ kept) => kept.id !== refused && kept.ends - EARLY > Date.now() / 1000
  const now = session()
  if (!now || isFresh(now)) return now
  // Several requests and tabs may notice at once; only one of them asks.
  return navigator.locks.request(KEPT, async () => {
    const latest = session()
    return !latest || isFresh(latest) ? latest : renew(latest)
  })
}

/** @param {Session} before */
async function renew(before) {
  try {
    return keep(await ask('token', { grant_type: 'refresh_token', refresh_token: before.refresh }), before)
  } catch (error) {
    if (!isRefused(error, 'invalid_grant')) throw error
    forget()
    return null
  }
}

/**
 * Takes the tokens for a code that Cognito has sent somebody back with, and keeps them.
 * @param {string} code
 * @param {string} verifier the secret of whoever asked for the code (RFC 7636)
 */
export async function redeem(code, verifier) {
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: home() }
  keep(await ask('token', grant))
  window.dispatchEvent(new Event('signed-in'))
}

/**
 * Ends the session here, then at Cognito, and goes to Cognito's pages to end it there too: they lead back here. What was
 * kept of unsaved work goes first.
 */
export async function signOut() {
  const kept = session()
  forget()
  await clearDrafts()
  if (kept) await ask('revoke', { token: kept.refresh }).catch(() => {})
  location.assign(atSignIn('logout', { logout_uri: home() }))
}

/* ---- accounts ---- */

/**
 * The digits of a code, which keyboards of East Asia also write full-width, and mails and people set apart.
 * @param {string} code
 */
const digits = (code) => code.normalize('NFKC').replace(/\D/g, '')

/**
 * @param {string} action
 * @param {object} body
 */
async function withAccess(action, body) {
  const kept = await freshSession()
  if (!kept) throw new AuthError('NotAuthorizedException')
  return call(action, { AccessToken: kept.access, ...body })
}

/**
 * Asks for another address; Cognito sends a code to it.
 * @param {string} email
 */
export const changeAddress = (email) =>
  withAccess('UpdateUserAttributes', { UserAttributes: [{ Name: 'email', Value: email }] })

/** Has a code sent to the address that the account has, for one that nobody has confirmed: an invited person's. */
export const sendAddressCode = () => withAccess('GetUserAttributeVerificationCode', { AttributeName: 'email' })

/**
 * Confirms the address with that code, and renews the tokens, which carry the address.
 * @param {string} code
 */
export async function verifyAddress(code) {
  await withAccess('VerifyUserAttribute', { AttributeName: 'email', Code: digits(code) })
  await freshSession(session()?.id)
}
