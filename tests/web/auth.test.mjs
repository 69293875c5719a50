import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

/* What a browser has, as far as signing in needs it. */

/** @returns {Storage & {values: Map<string, string>, isBlocked: boolean}} */
function storage() {
  const kept = { values: new Map(), isBlocked: false }
  const open = () => {
    if (kept.isBlocked) throw new DOMException('blocked', 'SecurityError')
    return kept.values
  }
  return Object.assign(/** @type {any} */ (kept), {
    getItem: (/** @type {string} */ name) => open().get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => open().set(name, value),
    removeItem: (/** @type {string} */ name) => open().delete(name),
  })
}
const [local, tab] = [storage(), storage()]
const place = { search: '', pathname: '/', went: '', assign: (/** @type {string} */ url) => (place.went = url) }
/** @type {string[]} */
const addresses = []
/** @type {string[]} */
const said = []
/** @type {{url: string, body: string, credentials?: string, referrer?: string}[]} */
const sent = []
/** @type {Response} */
let answer
const given = {
  localStorage: local,
  sessionStorage: tab,
  location: place,
  history: {
    replaceState: (/** @type {unknown} */ _state, /** @type {string} */ _title, /** @type {string} */ address) => {
      addresses.push(address)
      place.search = ''
    },
  },
  window: { dispatchEvent: (/** @type {Event} */ event) => said.push(event.type) },
  navigator: { locks: { request: (/** @type {string} */ _name, /** @type {() => unknown} */ work) => work() } },
}
for (const [name, value] of Object.entries(given))
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
globalThis.fetch = async (url, options) => {
  const { body, credentials, referrerPolicy: referrer } = options ?? {}
  sent.push({ url: String(url), body: String(body), credentials, referrer })
  return answer
}

const { configureAuth, freshSession, home, isSignedIn, session, signOut, verifyAddress } = await import(
  '../../web/auth.js'
)
const { arrive, beginSignIn, challengeOf, ownPlace, signInProblem } = await import('../../web/signing-in.js')

const PAGES = 'https://accounts.example'
const CONFIG = {
  sign_in_url: 'https://cognito.example/',
  sign_in_pages: PAGES,
  client_id: 'web',
  scopes: ['openid', 'email'],
}
const TOKENS = { id_token: 'i', access_token: 'a', refresh_token: 'r', expires_in: 3600 }
const json = (/** @type {number} */ status, /** @type {object} */ body) =>
  new Response(JSON.stringify(body), { status })

beforeEach(() => {
  for (const one of [local, tab]) {
    one.values.clear()
    one.isBlocked = false
  }
  for (const list of [said, sent, addresses]) list.length = 0
  Object.assign(place, { search: '', went: '' })
  configureAuth(CONFIG)
})

const asked = () => new URL(place.went).searchParams
/** Comes back from the sign-in pages with this. */
async function comeBack(/** @type {Record<string, string>} */ told) {
  place.search = `?${new URLSearchParams(told)}`
  await arrive()
}
const keepSession = () => local.values.set('rapporteur.session', JSON.stringify({ ...SESSION, ends: 0 }))
const SESSION = { id: 'i', access: 'a', refresh: 'r', email: '' }

test('a challenge is the S256 one of the verifier', async () => {
  // The example of RFC 7636, appendix B.
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  assert.equal(await challengeOf(verifier), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('somebody goes to the sign-in pages with a challenge, and comes back with a code that only this tab can use', async () => {
  await beginSignIn('sign-in', '/asset/abc?t=3', 'zh')
  assert.ok(place.went.startsWith(`${PAGES}/oauth2/authorize?`))
  const { state, code_challenge, ...rest } = Object.fromEntries(asked())
  const [kept] = JSON.parse(tab.values.get('rapporteur.sign-in') ?? '')
  assert.equal(await challengeOf(kept.verifier), code_challenge)
  assert.equal(kept.verifier.length, 43)
  assert.ok(!place.went.includes(kept.verifier))
  assert.deepEqual(rest, {
    client_id: 'web',
    response_type: 'code',
    redirect_uri: home(),
    scope: 'openid email',
    code_challenge_method: 'S256',
    lang: 'zh-CN',
  })
  answer = json(200, TOKENS)
  await comeBack({ code: 'c', state })
  assert.equal(signInProblem(), null)
  assert.equal(session()?.refresh, 'r')
  assert.deepEqual(addresses, ['/#/asset/abc?t=3'])
  assert.deepEqual(said, ['signed-in'])
  const [{ url, body, credentials, referrer }] = sent
  assert.deepEqual([url, credentials, referrer], [`${PAGES}/oauth2/token`, 'omit', 'no-referrer'])
  assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
    client_id: 'web',
    grant_type: 'authorization_code',
    code: 'c',
    code_verifier: kept.verifier,
    redirect_uri: home(),
  })
})

test('nobody comes back who has not gone from this tab', async () => {
  /** @type {Record<string, string>[]} */
  const made = [{ code: 'evil', state: 'guessed' }, { code: 'evil' }, { error: 'access_denied' }]
  for (const told of made) {
    await comeBack(told)
    assert.equal(signInProblem()?.code, 'sign-in-not-begun')
    assert.equal(addresses.at(-1), '/#/sign-in?next=%2F')
  }
  assert.deepEqual(sent, [])
  assert.equal(isSignedIn(), false)
})

test('a way back is gone once: whoever loads it again stays who they are', async () => {
  await beginSignIn('sign-in', '/upload', 'en')
  const state = asked().get('state') ?? ''
  answer = json(200, TOKENS)
  await comeBack({ code: 'c', state })
  await comeBack({ code: 'c', state })
  assert.equal(sent.length, 1)
  assert.equal(signInProblem(), null)
  assert.equal(isSignedIn(), true)
})

test('several ways may be begun in one tab, and each ends where it was to', async () => {
  const states = []
  for (const next of ['/upload', '/settings']) {
    await beginSignIn('sign-up', next, 'en')
    states.push(asked().get('state') ?? '')
  }
  answer = json(200, TOKENS)
  await comeBack({ code: 'c', state: states[0] })
  assert.equal(addresses.at(-1), '/#/upload')
})

test('what the sign-in pages refuse is told, and where one wanted to go is kept', async () => {
  await beginSignIn('sign-in', '/upload', 'en')
  await comeBack({ error: 'access_denied', state: asked().get('state') ?? '' })
  assert.equal(signInProblem()?.code, 'sign-in-refused')
  assert.equal(addresses.at(-1), '/#/sign-in?next=%2Fupload')
  await beginSignIn('sign-in', '/upload', 'en')
  assert.equal(signInProblem(), null)
  answer = json(400, { error: 'invalid_grant' })
  await comeBack({ code: 'old', state: asked().get('state') ?? '' })
  assert.equal(signInProblem()?.code, 'invalid_grant')
  assert.equal(isSignedIn(), false)
})

test('an address without a code or an error is left as it is', async () => {
  place.search = '?lessons'
  await arrive()
  assert.deepEqual(addresses, [])
})

test('a browser that keeps nothing is told so', async () => {
  tab.isBlocked = true
  await assert.rejects(beginSignIn('sign-in', '/', 'en'), { code: 'no-storage' })
  assert.equal(place.went, '')
  tab.isBlocked = false
  await beginSignIn('sign-in', '/', 'en')
  local.isBlocked = true
  answer = json(200, TOKENS)
  await comeBack({ code: 'c', state: asked().get('state') ?? '' })
  assert.equal(signInProblem()?.code, 'no-storage')
})

test('there is no way where there are no sign-in pages, and none from an address that is not protected', async () => {
  configureAuth({ ...CONFIG, sign_in_pages: null })
  await assert.rejects(beginSignIn('sign-in', '/', 'en'), { code: 'no-sign-in-pages' })
  configureAuth(CONFIG)
  const whole = globalThis.crypto
  Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true })
  await assert.rejects(beginSignIn('sign-in', '/', 'en'), { code: 'insecure-address' })
  Object.defineProperty(globalThis, 'crypto', { value: whole, configurable: true })
})

test('one goes on to places of these pages alone', () => {
  assert.equal(ownPlace('/asset/a?t=1'), '/asset/a?t=1')
  for (const other of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '', null])
    assert.equal(ownPlace(other), '/')
})

test('an answer that is no JSON, or has no tokens, is a problem of the service', async () => {
  keepSession()
  /** @type {[status: number, body: string][]} */
  const broken = [
    [500, 'Something broke here.\n'],
    [502, '<html></html>'],
    [503, ''],
    [200, 'Welcome to the hotel'],
    [200, 'null'],
    [200, '{}'],
    [200, '{"id_token": "i"}'],
    [500, '[]'],
  ]
  for (const [status, body] of broken) {
    answer = new Response(body, { status })
    await assert.rejects(freshSession(), { name: 'Error', code: 'server' }, `${status} ${body}`)
  }
  assert.equal(isSignedIn(), true)
})

test('who has no account any more has to sign in', async () => {
  keepSession()
  answer = json(400, { error: 'invalid_grant' })
  assert.equal(await freshSession(), null)
  assert.equal(isSignedIn(), false)
  assert.deepEqual(said, ['signed-out'])
})

test('what is renewed keeps the refresh token, which is told once', async () => {
  keepSession()
  answer = json(200, { ...TOKENS, id_token: 'new', refresh_token: undefined })
  assert.equal((await freshSession())?.id, 'new')
  assert.equal(session()?.refresh, 'r')
})

test('whoever signs out is forgotten here first, then at both places there', async () => {
  keepSession()
  answer = new Response('', { status: 200 })
  await signOut()
  assert.equal(isSignedIn(), false)
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sent[0].body)), { client_id: 'web', token: 'r' })
  assert.equal(sent[0].url, `${PAGES}/oauth2/revoke`)
  assert.equal(place.went, `${PAGES}/logout?client_id=web&logout_uri=${encodeURIComponent(home())}`)
})

test('what Cognito refuses has its name, and a code is sent as digits', async () => {
  local.values.set('rapporteur.session', JSON.stringify({ ...SESSION, ends: Date.now() / 1000 + 3600 }))
  answer = json(400, { __type: 'com.amazonaws#CodeMismatchException', message: 'No.' })
  await assert.rejects(verifyAddress(' １２３ 456'), { code: 'CodeMismatchException', message: 'No.' })
  assert.deepEqual(JSON.parse(sent[0].body), { AccessToken: 'a', AttributeName: 'email', Code: '123456' })
})
