/** Accounts: speaks with Amazon Cognito by fetch, and keeps the session's tokens in this browser. */

import { clearDrafts } from './asset/drafts.js'

const KEPT = 'rapporteur.session'
const EARLY = 60 // seconds: a token is renewed this long before its end, so that no request starts with one about to end
const pool = { url: '', client: '' }

/**
 * What Cognito tells: an error, tokens, or a challenge to be answered first.
 * @typedef {{IdToken: string, AccessToken: string, RefreshToken?: string, ExpiresIn: number}} Tokens
 * @typedef {{__type?: string, message?: string, Message?: string, AuthenticationResult?: Tokens,
 *   ChallengeName?: string, ChallengeParameters?: {USER_ID_FOR_SRP?: string}, Session?: string}} Told
 */

/** What Cognito refused. `code` is its exception's name, such as "NotAuthorizedException". */
export class AuthError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** @param {unknown} error @param {string} code */
const isRefused = (error, code) => error instanceof AuthError && error.code === code

/** Says where the accounts are. @param {{sign_in_url: string, client_id: string}} config */
export function configureAuth(config) {
  pool.url = config.sign_in_url
  pool.client = config.client_id
}

/**
 * @param {string} action
 * @param {object} body
 * @returns {Promise<Told>}
 */
async function call(action, body) {
  /** @type {Response} */
  let answer
  try {
    answer = await fetch(pool.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify(body),
    })
  } catch {
    throw new AuthError('offline', '')
  }
  const result = read(await answer.text().catch(() => null), answer.ok)
  if (result === null) throw new AuthError('server', '')
  if (answer.ok) return result
  const name = String(result.__type ?? '')
    .split('#')
    .at(-1)
  throw new AuthError(name || 'unknown', result.message ?? result.Message ?? '')
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
 * @param {Tokens | undefined} result
 * @param {Session} [before]
 * @returns {Session}
 */
function keep(result, before) {
  if (!result) throw new AuthError('server', '')
  const claims = claimsOf(result.IdToken)
  const kept = {
    id: result.IdToken,
    access: result.AccessToken,
    refresh: result.RefreshToken ?? before?.refresh ?? '',
    ends: Date.now() / 1000 + result.ExpiresIn,
    email: claims.email ?? before?.email ?? '',
  }
  localStorage.setItem(KEPT, JSON.stringify(kept))
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
  localStorage.removeItem(KEPT)
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
    const answer = await call('InitiateAuth', {
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      ClientId: pool.client,
      AuthParameters: { REFRESH_TOKEN: before.refresh },
    })
    return keep(answer.AuthenticationResult, before)
  } catch (error) {
    if (!isRefused(error, 'NotAuthorizedException')) throw error
    forget()
    return null
  }
}

/* ---- signing in ---- */

/**
 * A password as OpaqueString of RFC 8265 has it, since Cognito compares bytes: it is the same from a machine that takes
 * letters apart and from a keyboard that types other spaces. `chalicelib/domain/passwords.py` does the same.
 * @param {string} password
 */
export const opaque = (password) => password.replace(/\p{Zs}/gu, ' ').normalize('NFC')

/**
 * What comes after a step of signing in.
 * @param {Told} answer
 * @param {string} email
 * @typedef {{name: string, session: string, user: string}} Challenge
 * @returns {Challenge|null} null: signed in
 */
function next(answer, email) {
  if (!answer.ChallengeName) {
    keep(answer.AuthenticationResult)
    return null
  }
  const user = answer.ChallengeParameters?.USER_ID_FOR_SRP ?? email
  return { name: answer.ChallengeName, session: answer.Session ?? '', user }
}

/**
 * @param {string} email
 * @param {string} password
 * @returns {Promise<Challenge | null>}
 */
export async function signIn(email, password) {
  const body = {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: pool.client,
    AuthParameters: { USERNAME: email, PASSWORD: opaque(password) },
  }
  return next(await call('InitiateAuth', body), email)
}

/**
 * The digits of a code, which keyboards of East Asia also write full-width, and mails and people set apart.
 * @param {string} code
 */
const digits = (code) => code.normalize('NFKC').replace(/\D/g, '')

/** What an answer to each challenge is called. */
const ANSWERED_WITH = new Map([
  ['NEW_PASSWORD_REQUIRED', 'NEW_PASSWORD'],
  ['SOFTWARE_TOKEN_MFA', 'SOFTWARE_TOKEN_MFA_CODE'],
])

/**
 * Answers a challenge with what was asked for: a new password, or the code of an authenticator app.
 * @param {Challenge} challenge
 * @param {string} answer
 */
export async function answerChallenge(challenge, answer) {
  const field = ANSWERED_WITH.get(challenge.name)
  if (!field) throw new AuthError('unknown-challenge', challenge.name)
  const body = {
    ChallengeName: challenge.name,
    ClientId: pool.client,
    Session: challenge.session,
    ChallengeResponses: {
      USERNAME: challenge.user,
      [field]: field === 'NEW_PASSWORD' ? opaque(answer) : digits(answer),
    },
  }
  return next(await call('RespondToAuthChallenge', body), challenge.user)
}

/** Ends the session here and, where Cognito can be reached, everywhere; what was kept of unsaved work goes too. */
export async function signOut() {
  const kept = session()
  forget()
  await clearDrafts()
  if (kept) await call('GlobalSignOut', { AccessToken: kept.access }).catch(() => {})
}

/* ---- accounts ---- */

/** @param {object} body */
const withClient = (body) => ({ ClientId: pool.client, ...body })

/**
 * @param {string} email
 * @param {string} password
 */
export const signUp = (email, password) =>
  call(
    'SignUp',
    withClient({ Username: email, Password: opaque(password), UserAttributes: [{ Name: 'email', Value: email }] }),
  )

/**
 * @param {string} email
 * @param {string} code
 */
export const confirmSignUp = (email, code) =>
  call('ConfirmSignUp', withClient({ Username: email, ConfirmationCode: digits(code) }))

/** @param {string} email */
export const resendCode = (email) => call('ResendConfirmationCode', withClient({ Username: email }))

/**
 * Have a code sent with which a new password can be chosen. Cognito sends none to an address that nobody has confirmed.
 * @param {string} email
 */
export async function forgotPassword(email) {
  try {
    return await call('ForgotPassword', withClient({ Username: email }))
  } catch (error) {
    throw isRefused(error, 'InvalidParameterException') ? new AuthError('unconfirmed-address', '') : error
  }
}

/**
 * @param {string} email
 * @param {string} code
 * @param {string} password
 */
export const resetPassword = (email, code, password) =>
  call(
    'ConfirmForgotPassword',
    withClient({ Username: email, ConfirmationCode: digits(code), Password: opaque(password) }),
  )

/**
 * @param {string} action
 * @param {object} body
 */
async function withAccess(action, body) {
  const kept = await freshSession()
  if (!kept) throw new AuthError('NotAuthorizedException', '')
  return call(action, { AccessToken: kept.access, ...body })
}

/**
 * @param {string} before
 * @param {string} after
 */
export const changePassword = (before, after) =>
  withAccess('ChangePassword', { PreviousPassword: opaque(before), ProposedPassword: opaque(after) })

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
