import assert from 'node:assert/strict'
import { test } from 'node:test'

import { withToast } from '../../web/ui/feedback.js'

const said = (/** @type {number} */ id, about = String(id)) => ({ id, about, text: `${about} ${id}`, kind: '' })

test('what is said of the same thing again takes the place of what was said before, and there are three at most', () => {
  assert.deepEqual(withToast([said(1, 'replaced'), said(2)], said(3, 'replaced')), [said(2), said(3, 'replaced')])
  assert.deepEqual(withToast([said(1), said(2), said(3)], said(4)), [said(2), said(3), said(4)])
})
