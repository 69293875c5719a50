/** People with whom a recording is shared by name: invited, given another role, taken back. */

import { api } from '../api.js'
import { date, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  ErrorNote,
  errorText,
  Field,
  Form,
  Select,
  SelectField,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
  withValue,
} from '../ui.js'
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js'

/** @import { InvitedView } from '../types.d.ts' */

/** @typedef {'reader' | 'commenter' | 'editor'} Given */
const ROLES = /** @type {Given[]} */ (['reader', 'commenter', 'editor'])
const LONGEST_ADDRESS = 320
const LONGEST_NOTE = 500

const options = () => ROLES.map((role) => /** @type {[string, string]} */ ([role, t(`people.role-${role}`)]))

/** The part of the dialog "Share" that is about people. @param {{id: string}} props */
export function People({ id }) {
  /** @type {`/assets/${string}/people`} */
  const path = `/assets/${encodeURIComponent(id)}/people`
  const { data, error, isLoading, reload } = useLoad((signal) => api.get(path, { signal }), id)
  const [address, setAddress] = useState('')
  const [role, setRole] = useState(/** @type {Given} */ ('reader'))
  const [tells, setTells] = useState(false)
  const [note, setNote] = useState('')
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  const [told, setTold] = useState('')
  const [invite, isBusy, problem] = useAction(async () => {
    const mail = tells ? { tells, ...(note.trim() ? { note } : {}) } : {}
    const made = await api.post(path, { address: address.trim(), role, ...mail })
    setTold(t(tells ? 'people.invited-by-mail' : 'people.invited', { address: made.address }))
    setAddress('')
    setNote('')
    reload()
  })
  return html`<section class="people" aria-labelledby="people-title">
    <h3 id="people-title" tabindex="-1" ref=${heading}>${t('people.title')}</h3>
    <p>${t('people.text')}</p>
    <${Form} onSubmit=${invite}>
      <${TextField} label=${t('people.address')} type="email" required maxlength=${LONGEST_ADDRESS} autocomplete="off" dir="ltr" value=${address} onInput=${setAddress} />
      <${SelectField} label=${t('people.may')} value=${role} options=${options()} onChange=${setRole} />
      <${Checkbox} label=${t('people.tell')} checked=${tells} onChange=${setTells} />
      ${
        tells &&
        html`<${Field} label=${t('people.note')} hint=${t('people.note-hint')}>
        ${(/** @type {object} */ bind) => html`<textarea class="input" rows="3" dir="auto" maxlength=${LONGEST_NOTE} ...${bind} value=${note} onInput=${withValue(setNote)}></textarea>`}
      <//>`
      }
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('people.invite')}<//>
    <//>
    <${ErrorNote} error=${problem} />
    <p class="small" role="status">${told}</p>
    ${isLoading && !data && html`<${Spinner} />`}
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${
      data &&
      data.people.length > 0 &&
      html`<ul class="links">${data.people.map(
        (one) =>
          html`<${Person} key=${one.id} person=${one} path=${`${path}/${one.id}`} onChanged=${reload} onGone=${() => heading.current?.focus()} />`,
      )}</ul>`
    }
  </section>`
}

/** @param {{person: InvitedView, path: `/assets/${string}/people/${string}`, onChanged: () => void, onGone: () => void}} props */
function Person({ person, path, onChanged, onGone }) {
  const [isEnding, setEnding] = useState(false)
  const question = useRef(/** @type {HTMLElement | null} */ (null))
  const opener = useRef(/** @type {HTMLElement | null} */ (null))
  const wasEnding = useRef(false)
  useLayoutEffect(() => {
    question.current?.querySelector('button')?.focus()
    if (!isEnding && wasEnding.current) opener.current?.querySelector('button')?.focus()
    wasEnding.current = isEnding
  }, [isEnding])
  const attempt = async (/** @type {() => Promise<unknown>} */ ask, /** @type {string} */ done) => {
    try {
      await ask()
      toast(done)
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
    onChanged()
  }
  const [change] = useAction((/** @type {string} */ role) =>
    attempt(
      () => api.patch(path, { role: /** @type {Given} */ (role) }),
      t('people.changed', { address: person.address }),
    ),
  )
  const [takeBack, isBusy] = useAction(async () => {
    await attempt(() => api.delete(path), t('people.taken-back', { address: person.address }))
    onGone()
  })
  const label = t('people.may-of', { address: person.address })
  // One whose invitation broke off has no role yet: choosing one gives it.
  const isKnown = ROLES.some((role) => role === person.role)
  return html`<li>
    <div><strong><bdi>${person.address}</bdi></strong><div class="small muted">${t('people.since', { day: date(person.since) })}</div></div>
    ${
      isEnding
        ? html`<div class="row" role="group" ref=${question} aria-label=${t('people.end-of', { address: person.address })}><span class="small">${t('people.end-text')}</span>
      <${Button} size="small" variant="danger" busy=${isBusy} onClick=${takeBack}>${t('people.end')}<//>
      <${Button} size="small" variant="quiet" onClick=${() => setEnding(false)}>${t('ui.cancel')}<//></div>`
        : html`<div class="row" ref=${opener}>
      ${isKnown && html`<${Select} aria-label=${label} value=${person.role} options=${options()} onChange=${change} />`}
      <${Button} size="small" variant="danger" aria-label=${t('people.end-of', { address: person.address })} onClick=${() => setEnding(true)}>${t('people.end')}<//></div>`
    }
  </li>`
}
