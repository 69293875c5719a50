import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decoded } from '../../web/addresses.js'
import { isLoadingOn, listOf, withFailure, withPage } from '../../web/paging.js'

/** @typedef {{assets: string[], next?: string}} Page */

const all = { assets: ['a', 'b'], next: 'b' }
/** @type {Page} */
const more = { assets: ['c'] }

test('pages follow each other until there is no next one', () => {
  const list = withPage(isLoadingOn(listOf(all)), all, more)
  assert.deepEqual(list.pages, [all, more])
  assert.equal(list.next, undefined)
  assert.equal(list.isLoadingMore, false)
})

test('a page that comes after the list has become another is dropped', () => {
  const failed = { assets: ['f'], next: 'f' }
  for (const another of [listOf(failed), isLoadingOn(listOf({ ...all }))]) {
    assert.equal(withPage(another, all, more), another)
    assert.equal(withFailure(another, all, new Error('offline')), another)
  }
})

test('a page that did not come can be asked for again', () => {
  const list = withFailure(isLoadingOn(listOf(all)), all, new Error('offline'))
  assert.deepEqual([list.pages, list.next, list.moreError?.message], [[all], 'b', 'offline'])
  assert.equal(isLoadingOn(list).moreError, null)
})

test('there is no list before its first page has come', () => {
  assert.equal(listOf(undefined).pages, undefined)
  assert.equal(listOf(null).pages, undefined)
})

test('a broken part of an address is no name of anything', () => {
  assert.equal(decoded('a%20b'), 'a b')
  for (const broken of ['%', '%e2', '%zz', 'a%']) assert.equal(decoded(broken), null)
})
