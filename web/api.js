/** The REST API: adds the token, renews it once when it is refused, and turns every failure into an ApiError. */

import { configureAuth, forget, freshSession } from './auth.js'

/** What the API refused. `status` 0: it could not be reached. `message` is a sentence for people, in English. */
export class ApiError extends Error {
  constructor(status, code, message, field) {
    super(message)
    this.status = status
    this.code = code
    this.field = field
  }
}

/** `api.config` is what `GET /config` answered; `api.base` the address that every path is put behind. */
export const api = {
  base: '',
  config: null,
  get: (path, options) => json('GET', path, undefined, options),
  post: (path, body = {}, options) => json('POST', path, body, options),
  put: (path, body = {}, options) => json('PUT', path, body, options),
  patch: (path, body = {}, options) => json('PATCH', path, body, options),
  delete: (path, options) => json('DELETE', path, undefined, options),
  /** A file behind the token, as a Blob. */
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

async function json(method, path, body, options) {
  const answer = await request(method, path, body, options)
  return answer.status === 204 ? null : answer.json().catch(() => null)
}

/**
 * @param {{open?: boolean, signal?: AbortSignal}} [options] open: sends no token
 * @returns {Promise<Response>} of a success
 */
async function request(method, path, body, { open = false, signal } = {}) {
  const session = open ? null : await freshSession()
  if (!open && !session) throw signedOut()
  let answer = await send(method, path, body, session, signal)
  if (answer.status === 401 && session) answer = await sendAgain(method, path, body, session, signal)
  if (!answer.ok) throw await failure(answer)
  return answer
}

/** After a 401: once more with new tokens; a second one means that the session is over. */
async function sendAgain(method, path, body, refused, signal) {
  const session = await freshSession(refused.id)
  if (!session) throw signedOut()
  const answer = await send(method, path, body, session, signal)
  if (answer.status === 401) forget()
  return answer
}

const signedOut = () => new ApiError(401, 'signed-out', 'Sign in again.')

async function send(method, path, body, session, signal) {
  const headers = { Accept: 'application/json' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (session) headers.Authorization = `Bearer ${session.id}`
  try {
    return await fetch(api.base + path, { method, headers, body: body && JSON.stringify(body), signal })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new ApiError(0, 'offline', 'The service cannot be reached.')
  }
}

async function failure(answer) {
  const { code = `http-${answer.status}`, detail = '', field } = await answer.json().catch(() => ({}))
  return new ApiError(answer.status, code, detail, field)
}

/** "?a=1&b=2" of the values that are there; nothing of none. */
export function query(values) {
  const present = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return present.length ? `?${new URLSearchParams(present)}` : ''
}
