/**
 * Signing in by the authorization code flow with PKCE (RFC 7636): people go to Cognito's own pages, and come back with a
 * code that is worth nothing without what this tab has kept.
 */

import { AuthError, atSignIn, home, isSignedIn, redeem, scopes } from './auth.js'

/** @import { Failed } from './types.d.ts' */

const BEGUN = 'rapporteur.sign-in'
const MOST = 5 // somebody may go back, and sign in from a page that they had left

/** @typedef {{state: string, verifier: string, next: string}} Begun what was begun in this tab */

/** Cognito's pages that one can begin at. */
const STEPS = { 'sign-in': 'oauth2/authorize', 'sign-up': 'signup', password: 'forgotPassword' }
/** How Cognito's pages call the languages of ours. */
const LANGUAGES = { en: 'en', fr: 'fr', ja: 'ja', ko: 'ko', zh: 'zh-CN' }

/** @type {Failed | null} */
let problem = null
/** Why whoever came back last has not signed in; null if they have, or nobody came. */
export const signInProblem = () => problem

/**
 * A place of ours to go to: what else an address may ask for is none.
 * @param {string | null | undefined} place
 */
export const ownPlace = (place) => (place?.startsWith('/') && !/^\/[/\\]/.test(place) ? place : '/')

/**
 * Goes to Cognito's pages.
 * @param {keyof typeof STEPS} step
 * @param {string} next where to go once signed in
 * @param {keyof typeof LANGUAGES} language
 */
export async function beginSignIn(step, next, language) {
  if (!globalThis.crypto?.subtle) throw new AuthError('insecure-address')
  const [state, verifier] = [secret(), secret()]
  const address = atSignIn(STEPS[step], {
    response_type: 'code',
    redirect_uri: home(),
    scope: scopes(),
    state,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
    lang: LANGUAGES[language],
  })
  note([...begun(), { state, verifier, next: ownPlace(next) }].slice(-MOST))
  problem = null
  location.assign(address)
}

/**
 * Signs in whoever comes back from Cognito's pages, and cleans the address: nothing of it can be used, sent on or kept
 * in the history. Call this before the address is looked at.
 */
export async function arrive() {
  const told = new URLSearchParams(location.search)
  const [code, state, error] = ['code', 'state', 'error'].map((name) => told.get(name))
  if (code === null && error === null) return
  const mine = take(state)
  history.replaceState(null, '', `${location.pathname}#${mine?.next ?? '/'}`)
  try {
    if (!mine) {
      // A page that is loaded again, or gone back to. Or somebody has made up the address, to have us work in their
      // account: its code is not looked at.
      if (!isSignedIn()) throw new AuthError('sign-in-not-begun')
    } else if (code === null) throw new AuthError('sign-in-refused', error ?? '')
    else await redeem(code, mine.verifier)
  } catch (failure) {
    problem = /** @type {Failed} */ (failure)
    const place = mine?.next ?? '/'
    history.replaceState(null, '', `${location.pathname}#/sign-in?next=${encodeURIComponent(place)}`)
  }
}

/* ---- what this tab has begun ---- */

/** @returns {Begun[]} */
function begun() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(BEGUN) ?? '[]')
    return Array.isArray(kept) ? kept : []
  } catch {
    return []
  }
}

/** @param {Begun[]} kept */
function note(kept) {
  try {
    sessionStorage.setItem(BEGUN, JSON.stringify(kept))
  } catch {
    throw new AuthError('no-storage')
  }
}

/**
 * What was begun with this state, which nobody can come back with again.
 * @param {string | null} state
 */
function take(state) {
  const kept = begun()
  const mine = kept.find((one) => one.state === state)
  if (mine) note(kept.filter((one) => one !== mine))
  return mine
}

/* ---- PKCE ---- */

/** 256 random bits, as text. */
const secret = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/** @param {string} verifier */
export async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/** @param {Uint8Array} bytes */
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
