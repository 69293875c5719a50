import assert from 'node:assert/strict'
import { test } from 'node:test'

import { choicesOf, endingFor, Listener, loudness, shown, whyNot } from '../../web/recorder.js'

const tone = (/** @type {number} */ amplitude) =>
  Float32Array.from({ length: 2048 }, (_, i) => amplitude * Math.sin((2 * Math.PI * 16 * i) / 2048))

test('loudness is told in decibels of the loudest there is', () => {
  assert.ok(Math.abs(loudness(tone(1)).decibels + 3.01) < 0.01, 'a full sine has 3 dB less than a square')
  assert.ok(Math.abs(loudness(tone(0.1)).peak + 20) < 0.01)
  assert.equal(loudness(new Float32Array(64)).decibels, -Infinity)
  assert.equal(loudness([]).decibels, -Infinity)
})

test('a meter is empty in silence and full at the loudest', () => {
  assert.equal(shown(-Infinity), 0)
  assert.equal(shown(0), 1)
  assert.equal(shown(3), 1)
  assert.ok(shown(-35) > 0.4 && shown(-35) < 0.6)
})

/** What a listener says at the end of so many seconds of one tone, after others. */
function after(/** @type {[amplitude: number, seconds: number][]} */ ...stretches) {
  const listener = new Listener()
  let now = 100
  let said = ''
  for (const [amplitude, seconds] of stretches)
    for (let i = 0; i < seconds * 10; i += 1) {
      now += 0.1
      said = listener.hear(loudness(tone(amplitude)), now)
    }
  return said
}

test('somebody who speaks is heard, and a pause between two words is not told as silence', () => {
  assert.equal(after([0.1, 1]), 'heard')
  assert.equal(after([0.1, 1], [0, 3]), 'heard')
})

test('silence, a voice far away, and a sound that is cut off are told, but not before one could know', () => {
  assert.equal(after([0, 1]), 'waiting')
  assert.equal(after([0, 6]), 'silent')
  assert.equal(after([0.1, 1], [0, 6]), 'silent')
  assert.equal(after([0.002, 6]), 'quiet')
  assert.equal(after([1, 1]), 'loud')
})

test('devices are told by their names, and those without one by a number', () => {
  const devices = [
    { kind: 'audioinput', deviceId: 'a', label: 'USB microphone (1234:5678)' },
    { kind: 'videoinput', deviceId: 'b', label: 'Camera' },
    { kind: 'audioinput', deviceId: 'c', label: '' },
  ]
  assert.deepEqual(
    choicesOf(devices, 'audioinput', (n) => `Microphone ${n}`),
    [
      ['a', 'USB microphone'],
      ['c', 'Microphone 2'],
    ],
  )
})

test('a recording is called after what it holds', () => {
  assert.equal(endingFor('audio/webm;codecs=opus'), 'webm')
  assert.equal(endingFor('audio/mp4'), 'm4a')
  assert.equal(endingFor('video/mp4; codecs="avc1"'), 'mp4')
  assert.equal(endingFor('x/y'), 'webm')
})

test('what keeps a browser from recording has a sentence of its own', () => {
  assert.equal(whyNot({ name: 'NotAllowedError' }, false), 'denied')
  assert.equal(whyNot({ name: 'NotFoundError' }, false), 'missing')
  assert.equal(whyNot({ name: 'NotFoundError' }, true), 'missing-film')
  assert.equal(whyNot({ name: 'NotReadableError' }, true), 'busy')
  assert.equal(whyNot(new TypeError('mediaDevices is undefined'), false), 'unable')
})
