import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import { ApiError, api } from '../../web/api.js'
import { endingsFor, mayGoOn, refusalOf, Sending } from '../../web/sending.js'
import { atMost } from '../../web/turns.js'

const PART = 4
/** A service that takes files of a set: what is longer than a part in parts. */
class Service {
  /** @type {string[]} */
  asked = []
  /** @type {Map<string, Set<number>>} */
  parts = new Map()
  /** @type {string[]} */
  there = []
  /** What goes wrong next, by what is asked. @type {[what: string, error: unknown][]} */
  faults = []
  uploads = 0
  atOnce = 0
  mostAtOnce = 0

  /** @param {string} what */
  note(what) {
    this.asked.push(what)
    const at = this.faults.findIndex(([name]) => name === what)
    if (at >= 0) throw this.faults.splice(at, 1)[0][1]
  }

  /** @type {any} */
  post = async (/** @type {string} */ path, /** @type {any} */ body) => {
    const what = path.replace('/admin/material/one/', '')
    if (what === 'files/parts') {
      this.note(`address ${body.parts[0]}`)
      return { parts: [{ number: body.parts[0], url: `${body.upload_id}/${body.parts[0]}` }] }
    }
    if (what === 'files/complete') {
      this.note('complete')
      assert.deepEqual(
        body.parts.map((/** @type {any} */ one) => one.etag),
        body.parts.map((/** @type {any} */ one) => `e${one.number}`),
      )
      this.there.push(body.file_name)
      return null
    }
    this.note(`begin ${body.file_name}`)
    const file_name = body.file_name.replaceAll(':', '')
    if (body.size <= PART) return { file_name, upload: { method: 'post', url: file_name, fields: {} } }
    const upload_id = `u${++this.uploads}`
    this.parts.set(upload_id, new Set())
    return {
      file_name,
      upload: { method: 'multipart', upload_id, part_size: PART, parts: Math.ceil(body.size / PART) },
    }
  }

  /** @type {any} */
  get = async (/** @type {string} */ path) => {
    this.note('parts')
    const found = this.parts.get(new URLSearchParams(path.split('?')[1]).get('upload_id') ?? '')
    if (!found) throw new ApiError(404, 'not-found', 'There is no such upload.')
    return { parts: [...found].map((number) => ({ number, etag: `e${number}` })) }
  }

  /** @type {any} */
  net = {
    form: async (/** @type {any} */ { url }, /** @type {Blob} */ file, /** @type {Function} */ onSent) => {
      this.note(`form ${url}`)
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
      await new Promise((resolve) => setTimeout(resolve, 2))
      this.atOnce -= 1
      onSent(file.size + 500) // the form is longer than the file
      this.there.push(url)
    },
    part: async (/** @type {string} */ url, /** @type {Blob} */ part, /** @type {Function} */ onSent) => {
      this.note(`part ${url}`)
      onSent(part.size)
      const [upload, number] = url.split('/')
      this.parts.get(upload)?.add(Number(number))
    },
  }
}

/** @type {Service} */
let service
/** @type {number[]} */
let pauses
/** @type {Sending} */
let sending
/** What the browser keeps. */
let kept = '{}'
/** The page is opened. */
const opened = () =>
  new Sending(
    'one',
    {
      read: () => JSON.parse(kept),
      write: (begun) => {
        kept = JSON.stringify(begun)
      },
    },
    service.net,
    async (pause) => pauses.push(pause),
  )
const LOST = { code: 'not-sent', status: 0 }

const file = (/** @type {string} */ name, /** @type {number} */ size) => new File(['x'.repeat(size)], name)
/** Once nothing is on its way any more. */
async function settled() {
  do await new Promise((resolve) => setTimeout(resolve, 5))
  while (sending.isBusy)
  return sending.items.map(({ name, state, sent }) => [name, state, sent])
}

beforeEach(() => {
  service = new Service()
  pauses = []
  Object.assign(api, { post: service.post, get: service.get })
  kept = '{}'
  sending = opened()
})

test('small files go in one piece each, a few at once, by the name that the service gives them', async () => {
  sending.add([...'abcdefg'].map((name) => file(`${name}:.txt`, 3)))
  const all = [...'abcdefg'].map((name) => [`${name}.txt`, 'sent', 3])
  assert.deepEqual(await settled(), all)
  assert.deepEqual(service.there.sort(), all.map(([name]) => name).sort())
  assert.equal(service.mostAtOnce, 3)
})

test('what is chosen while a large file is on its way does not wait for it', async () => {
  /** @type {Function} */
  let goOn = () => {}
  service.net.part = () => new Promise((resolve) => (goOn = resolve))
  sending.add([file('talk.wav', 10)])
  await new Promise((resolve) => setTimeout(resolve, 5))
  sending.add([...'abcde'].map((name) => file(name, 3)))
  await new Promise((resolve) => setTimeout(resolve, 40))
  assert.deepEqual(service.there.sort(), [...'abcde'])
  assert.equal(sending.isBusy, true)
  sending.drop(sending.items[0])
  goOn()
  assert.equal(sending.isBusy, false)
})

test('a large file goes in parts, the last of which may be smaller', async () => {
  sending.add([file('talk.wav', 10)])
  assert.deepEqual(await settled(), [['talk.wav', 'sent', 10]])
  assert.deepEqual([...(service.parts.get('u1') ?? [])].sort(), [1, 2, 3])
  assert.deepEqual(service.there, ['talk.wav'])
  assert.equal(service.asked.at(-1), 'complete')
})

test('a part is tried three times, each time at a new address', async () => {
  service.faults = [
    ['part u1/2', LOST],
    ['part u1/2', LOST],
  ]
  sending.add([file('talk.wav', 10)])
  assert.deepEqual(await settled(), [['talk.wav', 'sent', 10]])
  assert.deepEqual(pauses, [1000, 4000])
  assert.equal(service.asked.filter((one) => one === 'address 2').length, 3)
})

test('what failed three times waits until somebody goes on, and then only what is missing is sent', async () => {
  service.faults = [1, 2, 3].map(() => ['part u1/2', LOST])
  sending.add([file('talk.wav', 10), file('talk.txt', 2)])
  const [[, state], other] = await settled()
  assert.deepEqual([state, sending.items[0].error?.code, other], ['failed', 'not-sent', ['talk.txt', 'sent', 2]])
  const before = service.asked.length
  sending.again(sending.items[0])
  sending.again(sending.items[1]) // was sent: nothing to do
  assert.deepEqual((await settled())[0], ['talk.wav', 'sent', 10])
  assert.deepEqual(
    service.asked.slice(before).filter((one) => one.startsWith('part u') || one.startsWith('begin')),
    ['part u1/2'],
  )
})

test('a file that is chosen again after the page was closed goes on where it was', async () => {
  service.faults = [1, 2, 3].map(() => ['part u1/2', LOST])
  const talk = new File(['x'.repeat(10)], 'ta:lk.wav', { lastModified: 1 })
  sending.add([talk])
  await settled()
  sending = opened()
  sending.add([new File(['x'.repeat(10)], 'ta:lk.wav', { lastModified: 2 })]) // another of this name
  await settled()
  const before = service.asked.length
  sending = opened()
  sending.add([talk])
  assert.deepEqual(await settled(), [['talk.wav', 'sent', 10]])
  assert.deepEqual(
    service.asked.slice(before).filter((one) => !one.startsWith('address')),
    ['parts', 'part u1/2', 'parts', 'complete'],
  )
  assert.equal(kept, '{}')
})

test('an upload that is gone meanwhile begins anew by itself', async () => {
  service.faults = [1, 2, 3].map(() => ['part u1/1', LOST])
  sending.add([file('talk.wav', 10)])
  await settled()
  service.parts.delete('u1')
  sending.again(sending.items[0])
  assert.deepEqual(await settled(), [['talk.wav', 'sent', 10]])
  assert.deepEqual([...service.parts.keys()], ['u2'])
})

test('what the service refuses is not tried again, and the others are sent all the same', async () => {
  service.faults = [['begin bad.txt', new ApiError(409, 'material-closed', 'It is closed.')]]
  sending.add([file('bad.txt', 2), file('good.txt', 2)])
  assert.deepEqual(
    (await settled()).map(([name, state]) => [name, state]),
    [
      ['bad.txt', 'failed'],
      ['good.txt', 'sent'],
    ],
  )
  assert.deepEqual([sending.items[0].error?.code, pauses], ['material-closed', []])
  assert.equal(mayGoOn(sending.items[0]), false, 'nor offered to be')
  sending.again(sending.items[0])
  assert.equal(sending.items[0].state, 'failed')
})

test('parts that were sent and are not there are no file', async () => {
  service.net.part = async () => {}
  sending.add([file('talk.wav', 10)])
  assert.deepEqual((await settled())[0].slice(0, 2), ['talk.wav', 'failed'])
  assert.ok(!service.asked.includes('complete'))
})

test('a file takes the place of one that has its name, and who leaves sends nothing more', async () => {
  sending.add([file('talk.txt', 2)])
  await settled()
  sending.add([file('talk.txt', 3)])
  assert.deepEqual(await settled(), [['talk.txt', 'sent', 3]])
  sending.add([file('more.txt', 2)])
  const [, { leaving }] = sending.items
  sending.end()
  assert.deepEqual([sending.items, leaving.signal.aborted], [[], true])
})

test('it is told that something has changed, at the end too', async () => {
  let told = 0
  sending.addEventListener('change', () => {
    told += 1
  })
  sending.add([file('talk.txt', 2)])
  await settled()
  assert.ok(told >= 2)
})

test('which files a set takes follows from what it holds', () => {
  const endings = ['jpg', 'pdf', 'wav', 'mp4']
  assert.deepEqual(endingsFor('sound', endings), ['wav', 'mp4', 'txt', 'srt', 'vtt', 'csv', 'zip'])
  assert.deepEqual(endingsFor('words', endings), ['txt', 'csv', 'zip'])
  const refused = (/** @type {string} */ name, size = 5) => refusalOf({ name, size }, ['txt', 'zip'], 10)?.code
  assert.deepEqual(
    [refused('a.TXT'), refused('a.exe'), refused('txt'), refused('a.txt', 0), refused('a.zip', 11)],
    [undefined, 'not-wanted', 'not-wanted', 'no-bytes', 'too-many-bytes'],
  )
})

test('of several things at once the first failure ends what was not begun', async () => {
  /** @type {number[]} */
  const begun = []
  const act = async (/** @type {number} */ number) => {
    begun.push(number)
    await new Promise((resolve) => setTimeout(resolve, number))
    if (number === 2) throw new Error('two')
  }
  await assert.rejects(atMost(2, [1, 2, 3, 4, 5], act), { message: 'two' })
  assert.deepEqual(begun, [1, 2, 3])
  await atMost(3, [], act)
})
