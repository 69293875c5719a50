/** The REST API: asks in the language of the pages, adds the token, renews it once when it is refused, and turns every failure into an ApiError. */

import { configureAuth, forget, freshSession } from './auth.js'
import { locale } from './i18n.js'

/**
 * @import { Api, Config, Options } from './types.d.ts'
 * @import { Session } from './auth.js'
 */

/** What the API refused. `status` 0: it could not be reached. `message` is a sentence for people, in English. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   * @param {string} [field]
   * @param {number} [retryAfter] seconds
   */
  constructor(status, code, message, field, retryAfter) {
    super(message)
    this.status = status
    this.code = code
    this.field = field
    this.retryAfter = retryAfter
  }
}

/** @type {Api} each route with what it takes and answers */
const routes = {
  get: (/** @type {string} */ path, /** @type {Options} */ options) => json('GET', path, undefined, options),
  post: (/** @type {string} */ path, body = {}, /** @type {Options} */ options) => json('POST', path, body, options),
  put: (/** @type {string} */ path, body = {}, /** @type {Options} */ options) => json('PUT', path, body, options),
  patch: (path, body = {}, options) => json('PATCH', path, body, options),
  delete: (/** @type {string} */ path, /** @type {Options} */ options) => json('DELETE', path, undefined, options),
}

/** `api.config` is what `GET /config` answered; `api.base` the address that every path is put behind. */
export const api = {
  ...routes,
  base: '',
  /** There before any page is: `startApi` fetches it. */
  config: /** @type {Config} */ ({}),
  /**
   * A file behind the token, as a Blob.
   * @param {string} path
   * @param {Options} [options]
   */
  blob: async (path, options) => (await request('GET', path, undefined, options)).blob(),
}

/** Finds the API and the accounts. Call this once, before anything else. */
export async function startApi() {
  const place = await fetch(new URL('config.json', import.meta.url), { cache: 'no-cache' })
  if (!place.ok) throw new ApiError(place.status, 'no-config', `config.json: ${place.status}`)
  api.base = (await place.json()).api.replace(/\/$/, '')
  api.config = await api.get('/config', { open: true })
  configureAuth(api.config)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Options} [options]
 * @returns {Promise<any>} JSON, whose shape `Api` knows
 */
async function json(method, path, body, options) {
  const answer = await request(method, path, body, options)
  return answer.status === 204 ? null : answer.json().catch(() => null)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {Options} [options] open: sends no token; keepalive: is sent even if the page goes;
 *   proof: that a link's password is known, sent in the place of a token
 * @returns {Promise<Response>} of a success
 */
async function request(method, path, body, { open = false, signal, keepalive, proof } = {}) {
  const given = { signal, keepalive, proof }
  const session = open ? null : await freshSession()
  if (!open && !session) throw signedOut()
  let answer = await send(method, path, body, session, given)
  if (answer.status === 401 && session) answer = await sendAgain(method, path, body, session, given)
  if (!answer.ok) throw await failure(answer)
  return answer
}

/**
 * After a 401: once more with new tokens; a second one means that the session is over.
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {Session} refused
 * @param {Pick<Options, 'signal' | 'keepalive' | 'proof'>} given
 */
async function sendAgain(method, path, body, refused, given) {
  const session = await freshSession(refused.id)
  if (!session) throw signedOut()
  const answer = await send(method, path, body, session, given)
  if (answer.status === 401) forget()
  return answer
}

const signedOut = () => new ApiError(401, 'signed-out', 'Sign in again.')

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {Session | null} session
 * @param {Pick<Options, 'signal' | 'keepalive' | 'proof'>} given
 */
async function send(method, path, body, session, { signal, keepalive, proof }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', 'Accept-Language': locale() }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (session ?? proof) headers.Authorization = `Bearer ${session?.id ?? proof}`
  try {
    const text = body ? JSON.stringify(body) : undefined
    return await fetch(api.base + path, { method, headers, body: text, signal, keepalive })
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error
    throw new ApiError(0, 'offline', 'The service cannot be reached.')
  }
}

/** @param {Response} answer */
async function failure(answer) {
  const told = await answer.json().catch(() => ({}))
  const { code = `http-${answer.status}`, detail = '', field, retry_after: retryAfter } = told
  return new ApiError(answer.status, code, detail, field, retryAfter)
}

/**
 * "?a=1&b=2" of the values that are there; nothing of none.
 * @param {Record<string, string | number | null | undefined>} values
 * @returns {import('./types.d.ts').Query}
 */
export function query(values) {
  const present = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if ((value ?? '') !== '') present.set(name, String(value))
  return present.size ? `?${present}` : ''
}
