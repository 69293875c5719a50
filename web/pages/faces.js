/** For administrators: collections of faces, who is in them and what each of them agreed to. */

import { api } from '../api.js'
import { dateTime, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorNote,
  errorText,
  Form,
  Note,
  PageTitle,
  Spinner,
  TextField,
  toast,
  useAction,
  useId,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { called, everyAccount, ReleaseDialog, whoHas } from './accounts.js'
import { Table } from './admin.js'
import { Agreed, AgreedFields, AgreedNoted, NOT_YET } from './agreed.js'

/**
 * @import { CollectionView, DeedView, Me, PersonView, ReleaseView } from '../types.d.ts'
 * @import { Accounts } from './accounts.js'
 */

const NAME = '[A-Za-z0-9][A-Za-z0-9_.\\-]{0,199}'
/** Pixels: a face is known by far fewer, and what is sent has no place or camera in it any more. */
const LONGEST_SIDE = 1600
const CHIPS = { ready: 'good', making: 'warn', deleting: 'warn' }

/** @param {{me?: Me}} props */
export function FacesPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('admin.faces')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('admin.faces')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}><a href="#/admin">${t('nav.admin')}</a><a href="#/admin/releases">${t('admin.releases')}</a></nav>
    <${Collections} />`
}

/** @param {AbortSignal} signal */
async function everything(signal) {
  const [found, released, accounts] = await Promise.all([
    api.get('/admin/collections', { signal }),
    api.get('/admin/releases', { signal }),
    everyAccount(signal),
  ])
  const releases = new Map(released.releases.filter(({ kind }) => kind === 'collection').map((one) => [one.name, one]))
  return { ...found, releases, accounts }
}

function Collections() {
  const { data, error, isLoading, reload } = useLoad(everything, 'collections')
  if (error?.code === 'no-collections') return html`<${EmptyState} title=${t('faces.off')}>${t('faces.off-text')}<//>`
  if (!data) return html`<${ErrorNote} error=${error} onRetry=${reload} />${isLoading && html`<${Spinner} />`}`
  return html`<div class="sections wide-sections">
    <${ErrorNote} error=${error} onRetry=${reload} />
    <${Note} kind="warn"><span>${t('faces.law')}</span><//>
    <${NewCollection} onMade=${reload} />
    ${data.collections.length === 0 && html`<${EmptyState} title=${t('faces.none')}>${t('faces.none-text')}<//>`}
    ${data.collections.map(
      (one) =>
        html`<${Collection} key=${one.name} collection=${one} release=${data.releases.get(one.name)} accounts=${data.accounts} onChanged=${reload} />`,
    )}
    ${data.deeds.length > 0 && html`<${Deeds} deeds=${data.deeds} accounts=${data.accounts} />`}
  </div>`
}

/** @param {{onMade: () => void}} props */
function NewCollection({ onMade }) {
  const [name, setName] = useState('')
  const [make, isBusy, error] = useAction(async () => {
    await api.post('/admin/collections', { name: name.trim() })
    toast(t('faces.made', { name: name.trim() }))
    setName('')
    onMade()
  })
  return html`<section class="panel stack" aria-labelledby="new-collection">
    <h2 id="new-collection">${t('faces.new')}</h2>
    <${Form} onSubmit=${make}>
      <${TextField} label=${t('released.name')} hint=${t('released.name-hint')} required maxlength="200" pattern=${NAME} value=${name} onInput=${setName} />
      <${ErrorNote} error=${error} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('faces.make')}<//>
    <//>
  </section>`
}

/* ---- a collection ---- */

/**
 * @param {{collection: CollectionView, release?: ReleaseView, accounts: Accounts, onChanged: () => void}} props
 */
function Collection({ collection, release, accounts, onChanged }) {
  const { name, status, people, faces, made_by, made_at } = collection
  const [open, setOpen] = useState(/** @type {'release' | 'delete' | null} */ (null))
  const close = () => setOpen(null)
  const remove = async () => {
    await api.delete(`/admin/collections/${encodeURIComponent(name)}`)
    toast(t('faces.deleted', { name }))
    close()
    onChanged()
  }
  return html`<section class="panel stack" aria-labelledby=${`collection-${name}`}>
    <div class="row wide"><h2 id=${`collection-${name}`} class="anywhere"><bdi>${name}</bdi></h2>
      <span class="chip ${CHIPS[status]}">${t(`faces.status-${status}`)}</span></div>
    <p class="facts"><span>${t('faces.people', { count: people })}</span><span>${t('faces.pictures', { count: faces })}</span>
      <span class="anywhere">${t('faces.made-by', { who: called(made_by, accounts), when: dateTime(made_at) })}</span></p>
    <p class="anywhere">${t('faces.released-to', { who: whoHas(release, accounts) })}</p>
    ${status === 'making' && html`<${Note} kind="warn"><span>${t('faces.making-text')}</span><//>`}
    ${status === 'ready' && html`<${People} collection=${name} accounts=${accounts} onChanged=${onChanged} />`}
    ${
      status !== 'deleting' &&
      html`<div class="row">
      ${status === 'ready' && html`<${Button} aria-label=${`${t('faces.release')}: ${name}`} onClick=${() => setOpen('release')}>${t('faces.release')}<//>`}
      <${Button} variant="danger" aria-label=${`${t('faces.delete')}: ${name}`} onClick=${() => setOpen('delete')}>${t('faces.delete')}<//>
    </div>`
    }
    ${
      open === 'release' &&
      html`<${ReleaseDialog} title=${t('released.edit', { name })} kind="collection" name=${name} release=${release} accounts=${accounts}
        onClose=${close} onSaved=${() => {
          close()
          onChanged()
        }} />`
    }
    ${
      open === 'delete' &&
      html`<${ConfirmDialog} title=${t('faces.delete-title', { name })} confirm=${t('faces.delete')} danger onConfirm=${remove} onClose=${close}>
        <p>${t('faces.delete-text', { count: people })}</p><//>`
    }
  </section>`
}

/* ---- people ---- */

/** @param {{collection: string, accounts: Accounts, onChanged: () => void}} props */
function People({ collection, accounts, onChanged }) {
  const path = /** @type {const} */ (`/admin/collections/${encodeURIComponent(collection)}/people`)
  const { data, error, isLoading, reload } = useLoad((signal) => api.get(path, { signal }), path)
  const [isAdding, setAdding] = useState(false)
  const [doomed, setDoomed] = useState(/** @type {PersonView | null} */ (null))
  const changed = () => {
    reload()
    onChanged()
  }
  const remove = async () => {
    if (!doomed) return
    await api.delete(`${path}/${doomed.id}`)
    toast(t('faces.removed', { name: doomed.name }))
    setDoomed(null)
    changed()
  }
  return html`<div class="stack wide">
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${!data && isLoading && html`<${Spinner} />`}
    ${
      data &&
      data.people.length > 0 &&
      html`<ul class="entries wide" aria-label=${t('faces.who', { name: collection })}>
      ${data.people.map((person) => html`<${Entry} key=${person.id} path=${path} person=${person} accounts=${accounts} onChanged=${changed} onRemove=${setDoomed} />`)}
    </ul>`
    }
    ${data && html`<div class="row"><${Button} aria-label=${`${t('faces.add')}: ${collection}`} onClick=${() => setAdding(true)}>${t('faces.add')}<//></div>`}
    ${
      isAdding &&
      html`<${NewPerson} path=${path} onClose=${() => {
        setAdding(false)
        changed()
      }} />`
    }
    ${
      doomed &&
      html`<${ConfirmDialog} title=${t('faces.remove-title', { name: doomed.name })} confirm=${t('faces.remove')} danger onConfirm=${remove} onClose=${() => setDoomed(null)}>
        <p>${t('faces.remove-text')}</p><//>`
    }
  </div>`
}

/**
 * @param {{path: `/admin/collections/${string}/people`, person: PersonView, accounts: Accounts, onChanged: () => void,
 *   onRemove: (person: PersonView) => void}} props
 */
function Entry({ path, person, accounts, onChanged, onRemove }) {
  return html`<li class="row">
    <div class="entry anywhere"><div class="row"><strong><bdi>${person.name}</bdi></strong>
        ${person.faces === 0 && html`<span class="chip warn">${t('faces.no-pictures')}</span>`}</div>
      <${Agreed} consent=${person.consent} />
      <div class="facts"><span>${t('faces.pictures', { count: person.faces })}</span><${AgreedNoted} consent=${person.consent} accounts=${accounts} /></div></div>
    <div class="row"><${MorePictures} path=${path} person=${person} onAdded=${onChanged} />
      <${Button} size="small" variant="danger" aria-label=${`${t('faces.remove')}: ${person.name}`} onClick=${() => onRemove(person)}>${t('faces.remove')}<//></div>
  </li>`
}

/**
 * Sends pictures one after the other; what becomes of each that is refused is said, and the others are sent all the same.
 * @param {`/admin/collections/${string}/people`} path
 * @param {string} person
 * @param {File[]} files
 */
async function send(path, person, files) {
  let count = 0
  for (const file of files) {
    try {
      await api.post(`${path}/${person}/pictures`, { picture: await encoded(file) })
      count += 1
    } catch (error) {
      toast(`${file.name}: ${errorText(error)}`, 'bad')
    }
  }
  if (count) toast(t('faces.pictures-added', { count }))
}

/**
 * A picture in base64: drawn anew, so that it is small, upright, and holds nothing but what is to be seen. What the
 * browser cannot draw is sent as it is, for the service to say what is wrong with it.
 * @param {File} file
 * @returns {Promise<string>}
 */
async function encoded(file) {
  const drawn = await redrawn(file).catch(() => null)
  const reader = new FileReader()
  const read = new Promise((resolve, reject) => {
    reader.onload = resolve
    reader.onerror = reject
  })
  reader.readAsDataURL(drawn ?? file)
  await read
  return String(reader.result).replace(/^[^,]*,/, '')
}

/**
 * @param {File} file
 * @returns {Promise<Blob | null>}
 */
async function redrawn(file) {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', 0.92)
  })
}

/**
 * @param {{path: `/admin/collections/${string}/people`, person: PersonView, onAdded: () => void}} props
 */
function MorePictures({ path, person, onAdded }) {
  const [add, isBusy] = useAction(async (/** @type {HTMLInputElement} */ field) => {
    const files = [...(field.files ?? [])]
    field.value = ''
    await send(path, person.id, files)
    onAdded()
  })
  return html`<label class="button small file-button" aria-disabled=${isBusy || undefined}>
    ${isBusy && html`<span class="spinner" aria-hidden="true"></span>`}${t('faces.more-pictures')}
    <input class="visually-hidden" type="file" accept="image/jpeg,image/png" multiple disabled=${isBusy} aria-label=${`${t('faces.more-pictures')}: ${person.name}`}
      onChange=${(/** @type {{target: HTMLInputElement}} */ event) => add(event.target)} />
  </label>`
}

/** @param {{path: `/admin/collections/${string}/people`, onClose: () => void}} props */
function NewPerson({ path, onClose }) {
  const [name, setName] = useState('')
  const [consent, setConsent] = useState(NOT_YET)
  const [hasAgreed, setAgreed] = useState(false)
  const [files, setFiles] = useState(/** @type {File[]} */ ([]))
  const id = useId('pictures')
  const [save, isBusy, error] = useAction(async () => {
    const person = await api.post(path, { name, consent })
    await send(path, person.id, files)
    onClose()
  })
  return html`<${Dialog} title=${t('faces.add')} onClose=${onClose}>
    <${Form} onSubmit=${save}>
      <${TextField} label=${t('faces.name')} required maxlength="100" value=${name} onInput=${setName} autocomplete="off" />
      <${AgreedFields} consent=${consent} onChange=${setConsent} />
      <div class="field"><label for=${id}>${t('faces.pictures-head')}</label>
        <input class="input" id=${id} type="file" accept="image/jpeg,image/png" multiple required aria-describedby=${`${id}-hint`}
          onChange=${(/** @type {{target: HTMLInputElement}} */ event) => setFiles([...(event.target.files ?? [])])} />
        <p class="hint" id=${`${id}-hint`}>${t('faces.pictures-hint')}</p></div>
      <${Checkbox} label=${t('faces.has-agreed')} checked=${hasAgreed} onChange=${setAgreed} required />
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('faces.add')}<//></div>
    <//>
  <//>`
}

/* ---- what was done ---- */

/** @param {{deeds: DeedView[], accounts: Accounts}} props */
const Deeds = ({ deeds, accounts }) => html`<details class="panel"><summary>${t('faces.deeds')}</summary>
  <${Table} label=${t('faces.deeds')} heads=${[t('faces.when'), t('faces.deed'), t('faces.collection'), t('faces.person'), t('faces.by')]}>
    ${deeds.map(
      (
        one,
      ) => html`<tr key=${`${one.at} ${one.deed} ${one.person}`}><th scope="row">${dateTime(one.at)}</th><td>${t(`faces.deed-${one.deed}`)}</td>
      <td class="anywhere"><bdi>${one.collection}</bdi></td><td>${one.person ? html`<code>${one.person}</code>` : '–'}</td><td class="anywhere">${called(one.by, accounts)}</td></tr>`,
    )}
  <//>
</details>`
