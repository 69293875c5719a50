/** What files of captions say, whatever they were written in. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../web/asset/model/decoding.js'

const bytes = (/** @type {number[]} */ ...given) => new Uint8Array(given)

test('files in Unicode are read as that, with their mark or without', () => {
  const text = 'Où? 夜 – 야간'
  assert.equal(decode(new TextEncoder().encode(text)), text)
  assert.equal(decode(new TextEncoder().encode(`\ufeff${text}`)), text)
  assert.equal(decode(bytes(0xff, 0xfe, 0x61, 0x00, 0x1c, 0x59)), 'a夜')
  assert.equal(decode(bytes(0xfe, 0xff, 0x00, 0x61, 0x59, 0x1c)), 'a夜')
})

test('what is no Unicode is read as the language was written before', () => {
  assert.equal(decode(bytes(0x4f, 0xf9, 0x3f)), 'Où?')
  assert.equal(decode(bytes(0xab, 0xe1, 0xbb), 'fr-CA'), '«á»')
  assert.equal(decode(bytes(0x96, 0xe9), 'ja'), '夜')
  assert.equal(decode(bytes(0xbe, 0xdf), 'ko-KR'), '야')
  assert.equal(decode(bytes(0xd6, 0xd0, 0xce, 0xc4), 'zh'), '中文')
  assert.equal(decode(bytes(0xff), 'constructor'), 'ÿ')
})

test('nothing that a file holds breaks it', () => {
  assert.equal(decode(bytes()), '')
  for (let first = 0; first < 256; first += 1) assert.equal(typeof decode(bytes(first, 0xc3), 'ja'), 'string')
})
