import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOwner, mayEdit } from '../../web/asset/model/rights.js'

test('owners and editors correct, and only owners do all else', () => {
  const roles = ['owner', 'editor', 'commenter', 'reader', 'link']
  assert.deepEqual(
    roles.filter((role) => isOwner({ role })),
    ['owner'],
  )
  assert.deepEqual(
    roles.filter((role) => mayEdit({ role })),
    ['owner', 'editor'],
  )
})
