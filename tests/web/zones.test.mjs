import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isZone, offsetOf, offsetText, zonesFor, zonesIn, zoneText } from '../../web/zones.js'

const WINTER = new Date('2026-01-15T12:00:00Z')
const SUMMER = new Date('2026-07-15T12:00:00Z')
const english = zonesIn('en', WINTER)
const ids = (/** @type {string} */ text, zones = english) => zonesFor(zones, text).map(({ id }) => id)

test('zones are written with their distance from UTC as it is then', () => {
  assert.equal(offsetText(0), 'UTC')
  assert.equal(offsetText(330), 'UTC+5:30')
  assert.equal(offsetText(-210), 'UTC−3:30')
  assert.equal(offsetOf('Europe/Paris', WINTER), 60)
  assert.equal(offsetOf('Europe/Paris', SUMMER), 120)
  assert.equal(offsetOf('America/St_Johns', WINTER), -210)
})

test('every zone of the browser is there once, from west to east', () => {
  assert.equal(new Set(english.map(({ id }) => id)).size, english.length)
  for (const id of Intl.supportedValuesOf('timeZone'))
    assert.ok(
      english.some((zone) => zone.id === id),
      id,
    )
  assert.deepEqual(
    english.map(({ minutes }) => minutes),
    english.map(({ minutes }) => minutes).sort((a, b) => a - b),
  )
})

test('a zone is found by its city, however it was typed, by its country in two languages, and by its distance', () => {
  assert.deepEqual(ids('tokyo'), ['Asia/Tokyo'])
  assert.deepEqual(ids('  TOKYO '), ['Asia/Tokyo'])
  assert.equal(ids('São Paulo')[0], 'America/Sao_Paulo')
  assert.deepEqual(ids('japan'), ['Asia/Tokyo'])
  const japanese = zonesIn('ja', WINTER)
  assert.deepEqual(ids('日本', japanese), ['Asia/Tokyo'])
  assert.deepEqual(ids('japan', japanese), ['Asia/Tokyo'])
  for (const text of ['UTC+9', '+9', 'gmt +9', 'utc+09:00']) assert.ok(ids(text).includes('Asia/Seoul'), text)
  assert.ok(!ids('+9').includes('Australia/Darwin'), 'that is 9:30')
  assert.ok(ids('-3:30').includes('America/St_Johns'))
  assert.ok(ids('−3:30').includes('America/St_Johns'))
  assert.ok(ids('kolkata').length === 1)
  assert.deepEqual(ids('nowhere at all'), [])
  assert.equal(ids('').length, english.length)
})

test('a zone is written with its city, country and distance', () => {
  assert.equal(zoneText(zonesFor(english, 'tokyo')[0]), 'Tokyo, Japan (UTC+9)')
  assert.equal(zoneText(zonesFor(zonesIn('en', WINTER, ['UTC'], ['UTC']), '')[0]), 'UTC')
})

test('one that is set is kept, and one that nobody knows is left out', () => {
  assert.ok(isZone('Asia/Kolkata'))
  assert.ok(!isZone('Moon/Crater'))
  assert.deepEqual(
    zonesIn('en', WINTER, ['Moon/Crater', 'Asia/Seoul'], []).map(({ id }) => id),
    ['Asia/Seoul'],
  )
})
