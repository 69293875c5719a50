import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import { ApiError, api } from '../../web/api.js'
import { Transfer } from '../../web/pages/transfer.js'

/** @import { PartAddresses } from '../../web/types.d.ts' */

/* What Uppy is to a transfer, as far as parts of a file need it. */
/** @type {Record<string, Function>} */
let plugin
class Uppy {
  addPreProcessor() {}
  on() {}
  getFile() {
    return undefined
  }
  /** @param {string} name @param {Record<string, Function>} options */
  use(name, options) {
    if (name === 'AwsS3') plugin = options
  }
}
Object.defineProperty(globalThis, 'window', { value: new EventTarget() })

/** @type {number[][]} */
const asked = []
/** @type {(parts: number[]) => PartAddresses} */
let answer
const file = { id: 'talk', meta: { asset: { id: 'one' }, upload: { method: 'multipart', upload_id: 'u', parts: 25 } } }
const addressOf = (/** @type {number} */ partNumber) => plugin.signPart(file, { uploadId: 'u', partNumber })

beforeEach(() => {
  asked.length = 0
  answer = (parts) => ({ parts: parts.map((number) => ({ number, url: `part-${number}` })), expires_in: 60 })
  Object.assign(api, {
    config: { max_upload_bytes: 1, endings: [] },
    post: async (/** @type {string} */ path, /** @type {{parts: number[]}} */ { parts }) => {
      assert.equal(path, '/assets/one/upload/parts')
      asked.push(parts)
      return answer(parts)
    },
  })
  new Transfer(/** @type {any} */ ({ Uppy, AwsS3: 'AwsS3', GoldenRetriever: 'GoldenRetriever' }), 'ada')
})

test('addresses of parts are asked for ahead, and each is used once', async () => {
  for (let part = 1; part <= 25; part += 1) {
    assert.deepEqual(await addressOf(part), { method: 'PUT', url: `part-${part}` })
  }
  assert.deepEqual(
    asked.map((parts) => [parts.at(0), parts.at(-1)]),
    [
      [1, 20],
      [21, 25],
    ],
  )
  await addressOf(3)
  assert.equal(asked.length, 3)
})

test('what was asked ahead and refused is asked for again', async () => {
  const good = answer
  answer = () => {
    throw new ApiError(429, 'too-many', 'Later.')
  }
  await assert.rejects(addressOf(1), { message: 'Later.' })
  answer = good
  assert.deepEqual(await addressOf(2), { method: 'PUT', url: 'part-2' })
})

test('a part without an address is none to be sent', async () => {
  answer = () => ({ parts: [], expires_in: 60 })
  await assert.rejects(addressOf(1), { message: /no address for part 1/ })
})
