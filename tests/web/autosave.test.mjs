import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Autosave } from '../../web/asset/model/autosave.js'

/**
 * An Autosave on a clock of its own.
 * @param {(() => Promise<void>)[]} answers are run one per request
 */
function saver(answers) {
  /** @type {{run: () => void, ms: number, isOn: boolean}[]} */
  const timers = []
  /** @type {string[]} */
  const states = []
  /** @type {number[]} */
  const requests = []
  const autosave = new Autosave({
    save: () => {
      requests.push(timers.length)
      return answers.shift()?.() ?? Promise.reject(new Error('one request too many'))
    },
    onState: (state) => states.push(state),
    timers: {
      set: (run, ms) => timers.push({ run, ms, isOn: true }) - 1,
      clear: (timer) => {
        const set = timers[Number(timer)]
        if (set) set.isOn = false
      },
    },
  })
  const pass = async () => {
    const due = timers.filter((timer) => timer.isOn)
    for (const timer of due) timer.isOn = false
    for (const timer of due) timer.run()
    await new Promise((resolve) => setImmediate(resolve))
    return due.map((timer) => timer.ms)
  }
  return { autosave, states, requests, pass }
}

const ok = () => Promise.resolve()
const fail =
  (/** @type {number} */ status, /** @type {string | undefined} */ code = undefined) =>
  () =>
    Promise.reject(Object.assign(new Error('no'), { status, code }))

test('several changes are saved once, after a pause', async () => {
  const { autosave, states, requests, pass } = saver([ok])
  autosave.touch()
  autosave.touch()
  assert.deepEqual(await pass(), [2000])
  assert.equal(requests.length, 1)
  assert.deepEqual(states, ['unsaved', 'unsaved', 'saving', 'saved'])
  assert.equal(autosave.isPending, false)
})

test('only one request at a time; what came meanwhile is saved after it', async () => {
  let done = () => {}
  const { autosave, states, requests, pass } = saver([() => new Promise((resolve) => (done = resolve)), ok])
  autosave.touch()
  await pass()
  autosave.touch()
  await pass()
  assert.equal(requests.length, 1)
  done()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(requests.length, 2)
  assert.equal(states.at(-1), 'saved')
})

test('offline is tried again, later and later', async () => {
  const { autosave, states, pass } = saver([fail(0), fail(503), ok])
  autosave.touch()
  assert.deepEqual(await pass(), [2000])
  assert.equal(states.at(-1), 'failed')
  assert.deepEqual(await pass(), [3000])
  assert.deepEqual(await pass(), [6000])
  assert.equal(states.at(-1), 'saved')
})

test('what the service refuses is not sent again until it is changed', async () => {
  const { autosave, requests, pass } = saver([fail(400, 'invalid'), ok])
  autosave.touch()
  await pass()
  assert.deepEqual(await pass(), [])
  assert.equal(autosave.isPending, true)
  autosave.touch()
  await pass()
  assert.equal(requests.length, 2)
})

test('a conflict waits for a decision, and keeps what is typed', async () => {
  const { autosave, states, requests, pass } = saver([fail(409, 'edited-meanwhile'), ok])
  autosave.touch()
  await pass()
  assert.equal(states.at(-1), 'conflict')
  autosave.touch()
  assert.deepEqual(await pass(), [])
  await autosave.flush()
  assert.equal(requests.length, 1)
  await autosave.insist()
  assert.equal(states.at(-1), 'saved')
})

test('what was taken back needs no saving', async () => {
  const { autosave, requests, pass } = saver([ok])
  autosave.touch()
  autosave.forget()
  assert.deepEqual(await pass(), [])
  assert.equal(requests.length, 0)
  assert.equal(autosave.state, 'saved')
})
