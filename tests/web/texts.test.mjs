/** The texts of the pages: each that is asked for is there, and each that is there is asked for. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const WEB = new URL('../../web/', import.meta.url)
const SERVICE = new URL('../../chalicelib/', import.meta.url)
const ERRORS = 'error.'
const OF_COGNITO = /Exception$/ // what it may answer is written nowhere here

/**
 * What stands in the files of a folder whose names end so.
 * @param {URL} folder
 * @param {string} ending
 */
const read = (folder, ending) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.startsWith('vendor'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')

const code = read(WEB, '.js')
const service = read(SERVICE, '.py')
const known = new Set(
  readdirSync(new URL('i18n/', WEB))
    .filter((name) => /(^|-)en\.json$/.test(name))
    .flatMap((name) => Object.keys(JSON.parse(readFileSync(new URL(`i18n/${name}`, WEB), 'utf8')))),
)

const escaped = (/** @type {string} */ text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** Keys as they are written out, wherever that is: in a call, in a list, in a condition. */
const written = new Set([...code.matchAll(/['"`]([a-z][\w-]*(?:[.-][\w-]+)*)['"`]/gi)].map(([, text]) => text))
/** Keys of which a part is filled in. */
const patterns = [...code.matchAll(/`([a-z][a-z-]*\.[\w.-]*)\$\{((?:[^{}]|\{[^{}]*\})*)\}([\w.-]*)`/g)].map(
  ([, before, , after]) => new RegExp(`^${escaped(before)}[\\w-]*${escaped(after)}$`),
)
/** Whether it is of an error that the pages, the service or Cognito know. @param {string} key */
const isError = (key) => {
  const name = key.slice(ERRORS.length)
  const isKnown = [`'${name}'`, `"${name}"`].some((one) => code.includes(one) || service.includes(one))
  return key.startsWith(ERRORS) && (isKnown || OF_COGNITO.test(name))
}
const isAskedFor = (/** @type {string} */ key) =>
  written.has(key) || isError(key) || patterns.some((one) => !one.source.startsWith('^error') && one.test(key))

test('every text is asked for somewhere', () => {
  assert.deepEqual(
    [...known].filter((key) => !isAskedFor(key)),
    [],
  )
})

test('every text that is asked for by its whole key is there', () => {
  const asked = [...code.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key)
  assert.ok(asked.length > 500)
  assert.deepEqual(
    asked.filter((key) => !known.has(key)),
    [],
  )
  const chosen = [...code.matchAll(/\bt\([^'`(]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)].flatMap(([, ...keys]) => keys)
  assert.deepEqual(
    chosen.filter((key) => !known.has(key)),
    [],
  )
})
