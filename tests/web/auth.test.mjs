import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'

/* What a browser has, as far as signing in needs it. */
/** @type {Map<string, string>} */
const stored = new Map()
/** @type {string[]} */
const said = []
/** @type {Response} */
let answer
const storage = {
  getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
  setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
  removeItem: (/** @type {string} */ name) => stored.delete(name),
}
Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true })
Object.defineProperty(globalThis, 'window', {
  value: { dispatchEvent: (/** @type {Event} */ event) => said.push(event.type) },
})
Object.defineProperty(globalThis, 'navigator', {
  value: { locks: { request: (/** @type {string} */ _name, /** @type {() => unknown} */ work) => work() } },
  configurable: true,
})
/** @type {object[]} */
const sent = []
globalThis.fetch = async (_url, options) => {
  sent.push(JSON.parse(String(options?.body)))
  return answer
}

const {
  answerChallenge,
  changePassword,
  forgotPassword,
  freshSession,
  isSignedIn,
  opaque,
  resetPassword,
  signIn,
  signUp,
} = await import('../../web/auth.js')

const json = (/** @type {number} */ status, /** @type {object} */ body) =>
  new Response(JSON.stringify(body), { status })

beforeEach(() => {
  stored.clear()
  said.length = 0
  sent.length = 0
})

test('an answer that is no JSON is a problem of the service', async () => {
  /** @type {[status: number, body: string][]} */
  const broken = [
    [500, 'Something broke here.\n'],
    [502, '<html></html>'],
    [503, ''],
    [200, 'Welcome to the hotel'],
    [200, 'null'],
    [500, '[]'],
  ]
  for (const [status, body] of broken) {
    answer = new Response(body, { status })
    await assert.rejects(signIn('ada@example.com', 'x'), { name: 'Error', code: 'server' }, `${status} ${body}`)
  }
})

test('what Cognito refuses has its name', async () => {
  answer = json(400, { __type: 'com.amazonaws#NotAuthorizedException', message: 'No.' })
  await assert.rejects(signIn('ada@example.com', 'x'), { code: 'NotAuthorizedException', message: 'No.' })
  answer = json(400, { message: 'No.' })
  await assert.rejects(signIn('ada@example.com', 'x'), { code: 'unknown' })
  answer = new Response('', { status: 200 })
  assert.deepEqual(await forgotPassword('ada@example.com'), {})
})

test('who has no account any more has to sign in, and who only was not answered has not', async () => {
  const before = JSON.stringify({ id: 'i', access: 'a', refresh: 'r', ends: 0, email: '' })
  stored.set('rapporteur.session', before)
  answer = new Response('broken', { status: 500 })
  await assert.rejects(freshSession(), { code: 'server' })
  assert.equal(isSignedIn(), true)
  answer = json(400, { __type: 'NotAuthorizedException', message: 'Refresh Token has been revoked.' })
  assert.equal(await freshSession(), null)
  assert.equal(isSignedIn(), false)
  assert.deepEqual(said, ['signed-out'])
})

/** Held to the same table as the command lines and the embedded Cognito. */
const passwords = JSON.parse(readFileSync(new URL('../data/passwords.json', import.meta.url), 'utf8'))

test('a password has one form, however it was typed', () => {
  for (const [typed, form] of passwords) assert.equal(opaque(typed), form)
})

test('every way to say a password says it in that form', async () => {
  const [typed, form] = passwords[1]
  const tell = async (/** @type {object} */ result, /** @type {() => Promise<unknown>} */ say) => {
    answer = json(200, result)
    await say()
  }
  const done = { AuthenticationResult: { IdToken: 'i', AccessToken: 'a', RefreshToken: 'r', ExpiresIn: 3600 } }
  await tell(done, () => signIn('ada@example.com', typed))
  await tell(done, () => answerChallenge({ name: 'NEW_PASSWORD_REQUIRED', session: 's', user: 'ada' }, typed))
  await tell({}, () => signUp('ada@example.com', typed))
  await tell({}, () => resetPassword('ada@example.com', '123456', typed))
  await tell({}, () => changePassword(typed, typed))
  assert.equal(sent.length, 5)
  assert.ok(!JSON.stringify(sent).includes(typed))
  assert.equal(JSON.stringify(sent).split(form).length - 1, 6)
})
