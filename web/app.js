/** The entry: finds the API, chooses the language, and shows the page that the address asks for. */

import { decoded } from './addresses.js'
import { api, startApi } from './api.js'
import { stretchOf } from './asset/model/quotes.js'
import { isSignedIn, session, signOut } from './auth.js'
import {
  addCatalogue,
  isLanguage,
  isLanguageChosen,
  LANGUAGES,
  language,
  preferredLanguage,
  setLanguage,
  t,
} from './i18n.js'
import { arrive } from './signing-in.js'
import { withParts } from './ui/later.js'
import { Button, ConfirmDialog, ErrorNote, Menu, PageTitle, SelectField, Spinner, Toasts, toast } from './ui.js'
import { html, render, useEffect, useLayoutEffect, useState } from './vendor/preact.js'

/**
 * @import { Language } from './i18n.js'
 * @import { ComponentType, Failed, Me, MeChanges } from './types.d.ts'
 */

/* ---- routes ---- */

/**
 * Each page is loaded when it is first shown. `props` are made of the match and the query; `nav` is the entry of the
 * navigation that it belongs to; `open`: needs no account; `guests`: is for people who may have none.
 * @typedef {{path: RegExp, nav?: string, open?: boolean, guests?: boolean, load: () => Promise<ComponentType<any>>,
 *   props?: (match: string[], query: URLSearchParams) => object}} Route
 * @typedef {{place: string, path: string, route?: Route, props: object}} Current
 * @type {Route[]}
 */
const ROUTES = [
  {
    path: /^\/$/,
    nav: '/',
    load: async () => (await withLibrary(import('./pages/library.js'))).LibraryPage,
    props: (_match, query) => ({ search: String(query) }),
  },
  {
    path: /^\/upload$/,
    nav: '/upload',
    load: async () => (await withParts(import('./pages/upload.js'), ['folders', 'fetch'], [])).UploadPage,
    props: (_match, query) => ({ folder: query.get('folder') ?? '' }),
  },
  {
    path: /^\/asset\/([a-z0-9]{8,40})$/,
    nav: '/',
    load: async () => (await withAsset(import('./pages/asset.js'))).AssetPage,
    props: ([, id], query) => ({
      id,
      at: query.has('t') ? Number(query.get('t')) : undefined,
      page: Number(query.get('page')) || undefined,
      version: Number(query.get('version')) || undefined,
      stretch: stretchOf(query),
    }),
  },
  {
    path: /^\/with-me$/,
    nav: '/',
    load: async () => (await withLibrary(withParts(import('./pages/with-me.js'), ['people']))).WithMePage,
  },
  {
    path: /^\/search$/,
    nav: '/',
    load: async () => (await withLibrary(withParts(import('./pages/search.js'), ['search', 'people']))).SearchPage,
    props: (_match, query) => ({ search: String(query) }),
  },
  {
    path: /^\/ask$/,
    nav: '/ask',
    load: async () =>
      (await withParts(import('./pages/ask.js'), ['asset', 'boards', 'ask'], ['boards', 'ask'])).AskPage,
    props: (_match, query) => ({ question: query.get('question') ?? '', text: query.get('text') ?? '' }),
  },
  {
    path: /^\/boards$/,
    nav: '/boards',
    load: async () => (await withBoards(import('./pages/boards.js'))).BoardsPage,
  },
  {
    path: /^\/boards\/([a-f0-9]{16})$/,
    nav: '/boards',
    load: async () => (await withBoards(import('./pages/board.js'))).BoardPage,
    props: ([, id]) => ({ id }),
  },
  {
    path: /^\/settings$/,
    nav: '/settings',
    load: async () => {
      const texts = ['asset', 'learning', 'links', 'pkce']
      return (await withParts(import('./pages/settings.js'), texts, ['links', 'settings'])).SettingsPage
    },
    props: (_match, query) => ({ section: query.get('section') }),
  },
  {
    path: /^\/lexicon$/,
    nav: '/settings',
    load: async () => (await withParts(import('./pages/lexicon.js'), ['learning'], [])).LexiconPage,
  },
  { path: /^\/admin$/, nav: '/admin', load: async () => (await import('./pages/admin.js')).AdminPage },
  {
    path: /^\/admin\/faces$/,
    nav: '/admin',
    load: async () => (await withParts(import('./pages/faces.js'), ['released'], [])).FacesPage,
  },
  {
    path: /^\/admin\/held$/,
    nav: '/admin',
    load: async () => (await withParts(import('./pages/held.js'), ['held', 'released'], [])).HeldPage,
  },
  {
    path: /^\/admin\/material$/,
    nav: '/admin',
    load: async () => (await withParts(import('./pages/material.js'), ['learning', 'released'], [])).MaterialPage,
  },
  {
    path: /^\/admin\/models$/,
    nav: '/admin',
    load: async () => (await withParts(import('./pages/models.js'), ['learning'], [])).ModelsPage,
  },
  {
    path: /^\/admin\/releases$/,
    nav: '/admin',
    load: async () => (await withParts(import('./pages/releases.js'), ['released'], [])).ReleasesPage,
  },
  {
    path: /^\/shared\/([^/]+)$/,
    open: true,
    guests: true,
    load: async () => (await withAsset(import('./pages/shared.js'), ['links'])).SharedPage,
    props: ([, token], query) => ({ token, stretch: stretchOf(query) }),
  },
  {
    path: /^\/(confirm|unsubscribe)\/([^/]+)$/,
    open: true,
    guests: true,
    load: async () => (await import('./pages/mail-link.js')).MailLinkPage,
    props: ([, purpose, token]) => ({ purpose, token }),
  },
  {
    path: /^\/sign-in$/,
    open: true,
    load: async () => (await withParts(import('./pages/sign.js'), ['pkce'], [])).SignPage,
    props: (_match, query) => ({ next: query.get('next') ?? '/' }),
  },
]

/**
 * A page about an asset; dialogs of it that are rarely opened bring texts and styles of their own.
 * @template Page
 * @param {Promise<Page>} page
 * @param {string[]} [more] texts and styles that it shows at once
 */
const withAsset = (page, more = []) => withParts(page, ['asset', 'desk', 'quotes', 'safe', ...more])

/**
 * A page of the library.
 * @template Page
 * @param {Promise<Page>} page
 */
const withLibrary = (page) => withParts(page, ['folders'], ['library'])

/**
 * A page about boards.
 * @template Page
 * @param {Promise<Page>} page
 */
const withBoards = (page) => withParts(page, ['asset', 'boards', 'people'], ['boards'])

/** @returns {Current} what the hash of the address asks for */
function currentRoute() {
  const place = location.hash.slice(1) || '/'
  const [path = '/', search = ''] = place.split('?')
  for (const route of ROUTES) {
    const parts = route.path.exec(path)?.map(decoded)
    // An address that is cut off in the middle of a "%e2" is no page's.
    if (parts?.every((part) => part !== null))
      return { place, path, route, props: route.props?.(parts, new URLSearchParams(search)) ?? {} }
  }
  return { place, path, props: {} }
}

/**
 * Replaces the place in the history, so that "back" does not lead to it and to here again.
 * @param {string} place
 */
const signInFirst = (place) => location.replace(`#/sign-in?next=${encodeURIComponent(place)}`)

/* ---- the shell ---- */

/**
 * A number that only grows, and what makes it grow: to draw or to load anew.
 * @returns {[count: number, again: () => void]}
 */
function useCounter() {
  const [count, setCount] = useState(0)
  return [count, () => setCount((n) => n + 1)]
}

/**
 * What is known of the person: undefined while it loads or where nobody is signed in.
 * @param {boolean} isIn
 */
function useMe(isIn) {
  const [state, setState] = useState(/** @type {{me?: Me, error?: Failed}} */ ({}))
  const load = () =>
    api.get('/me').then(
      (me) => setState({ me }),
      (error) => setState({ error }),
    )
  useEffect(() => {
    if (isIn) load()
    else setState({})
  }, [isIn])
  const setMe = (/** @type {Me} */ me) => setState({ me })
  return { ...state, load, setMe }
}

function App() {
  const [current, setCurrent] = useState(currentRoute)
  const [isIn, setIn] = useState(isSignedIn)
  const redraw = useCounter()[1]
  const account = useMe(isIn)

  // Not after the first page is drawn, as an effect is: who goes elsewhere just then would stay.
  useLayoutEffect(() => {
    const listeners = {
      hashchange: () => {
        document.body.dataset.moved = 'yes' // from now on a page's heading takes the focus
        setCurrent(currentRoute())
      },
      'signed-in': () => setIn(true),
      'signed-out': () => setIn(false),
      storage: () => setIn(isSignedIn()), // another tab signed in or out
      language: redraw,
      theme: redraw,
    }
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener)
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener)
    }
  }, [])

  useEffect(() => {
    const { route, place } = currentRoute() // and not `current`, which is behind while somebody signs out
    if (route && !route.open && !isIn) signInFirst(place)
  }, [current, isIn])

  useEffect(() => {
    const { me, setMe } = account
    if (!me) return
    if (!me.is_localized) {
      // The first visit: mails speak the language of this browser from now on, and digests come by its clock.
      const here = { language: language(), time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
      // Of time zones the API's description names two.
      api.put('/me', /** @type {MeChanges} */ (here)).then(setMe, () => {}) // or at the next visit
    } else if (isLanguage(me.language) && me.language !== language() && !isLanguageChosen()) setLanguage(me.language)
  }, [account.me])

  return html`
    <a class="skip-link visually-hidden" href="#main" onClick=${skip}>${t('shell.skip')}</a>
    <${Masthead} current=${current} me=${account.me} setMe=${account.setMe} isIn=${isIn} />
    <main id="main" class="page" tabindex="-1">
      <${ErrorNote} error=${isIn && account.error} onRetry=${account.load} />
      <${Page} current=${current} isIn=${isIn} me=${account.me} setMe=${account.setMe} />
    </main>
    <footer class="colophon">${t('shell.colophon')}</footer>
    <${Toasts} />`
}

/**
 * The link's own hash would be taken for a route.
 * @param {Event} event
 */
function skip(event) {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

/**
 * The page of the route, once its module is there.
 * @param {{current: Current, isIn: boolean, me?: Me, setMe: (me: Me) => void}} props
 */
function Page({ current, isIn, me, setMe }) {
  const { route, path, props } = current
  const [loaded, setLoaded] = useState(
    /** @type {{route?: Route, Component?: ComponentType<any>, error?: Failed}} */ ({}),
  )
  const [turn, again] = useCounter()
  const isShown = Boolean(route && (route.open || isIn))
  useEffect(() => {
    if (!route || !isShown) return undefined
    let isStale = false
    const show = (/** @type {{Component?: ComponentType<any>, error?: Failed}} */ state) =>
      isStale || setLoaded({ route, ...state })
    route.load().then(
      (Component) => show({ Component }),
      (error) => show({ error }),
    )
    return () => {
      isStale = true
    }
  }, [route, isShown, turn])

  if (!route) return html`<${NotFound} />`
  if (!isShown) return null
  if (loaded.route !== route) return html`<${Spinner} />`
  if (loaded.error) return html`<${ErrorNote} error=${{ code: 'no-page' }} onRetry=${again} />`
  return html`<${loaded.Component} key=${path} ...${props} me=${me} setMe=${setMe} />`
}

const NotFound =
  () => html`<${PageTitle} title=${t('shell.not-found')} /><div class="stack"><p>${t('shell.not-found-text')}</p>
  <${Button} href="#/">${t('nav.library')}<//></div>`

/** @param {{current: Current, me?: Me, setMe: (me: Me) => void, isIn: boolean}} props */
function Masthead({ current, me, setMe, isIn }) {
  const entries = [
    ['/', 'library'],
    ['/upload', 'upload'],
    ...(api.config.answers ? [['/ask', 'ask']] : []),
    ['/boards', 'boards'],
    ['/settings', 'settings'],
    ...(me?.is_admin ? [['/admin', 'admin']] : []),
  ]
  const isHere = (/** @type {string} */ path) =>
    current.route?.nav === path ? (current.path === path ? 'page' : 'true') : undefined
  return html`<header class="masthead"><div class="masthead-inner">
    <a class="wordmark" href="#/">Rapporteur</a>
    ${
      isIn &&
      html`<nav class="nav" aria-label=${t('nav.label')}>
      ${entries.map(([path, name]) => html`<a key=${path} href="#${path}" aria-current=${isHere(path)}>${t(`nav.${name}`)}</a>`)}
    </nav>`
    }
    <div class="tools">
      <${Display} me=${me} setMe=${setMe} />
      ${isIn && html`<${Account} />`}
      ${!isIn && current.route?.guests && html`<${Button} size="small" href="#/sign-in">${t('sign.in')}<//>`}
    </div>
  </div></header>`
}

/**
 * The choices of language and theme.
 * @param {{me?: Me, setMe: (me: Me) => void}} props
 */
function Display({ me, setMe }) {
  const theme = document.documentElement.dataset.themeChoice
  const choose = async (/** @type {Language} */ tag) => {
    try {
      await setLanguage(tag, true)
      if (me && me.language !== tag) setMe(await api.put('/me', { language: tag })) // mails follow the pages
    } catch {
      toast(t('error.offline'), 'bad')
    }
  }
  const chooseTheme = (/** @type {string} */ choice) =>
    window.dispatchEvent(new CustomEvent('theme-choice', { detail: choice }))
  return html`<${Menu} label=${t('shell.display')} text=${LANGUAGES[language()]}>
    <div class="menu-field"><${SelectField} label=${t('shell.language')} value=${language()} options=${Object.entries(LANGUAGES)} onChange=${choose} /></div>
    <div class="menu-field"><${SelectField} label=${t('shell.theme')} value=${theme} onChange=${chooseTheme}
      options=${['system', 'light', 'dark'].map((one) => [one, t(`shell.theme-${one}`)])} /></div>
  <//>`
}

/** Milliseconds that somebody who signs out may wait without a word. */
const SOON_MS = 400

function Account() {
  const [unsaved, setUnsaved] = useState(0)
  const leave = async () => {
    location.hash = '#/sign-in'
    await signOut()
  }
  /** What is not saved goes with the session: it is saved first, and where that cannot be, somebody has to say so. */
  const ask = async () => {
    const { saveEverywhere } = await import('./asset/safety.js')
    const wait = setTimeout(() => toast(t('shell.saving')), SOON_MS)
    const left = await saveEverywhere().finally(() => clearTimeout(wait))
    if (left === 0) return leave()
    await addCatalogue('safe')
    return setUnsaved(left)
  }
  return html`${
    unsaved > 0 &&
    html`<${ConfirmDialog} title=${t('safe.leave.title')} confirm=${t('safe.leave.confirm')} danger onConfirm=${leave} onClose=${() => setUnsaved(0)}>
    <p>${t('safe.leave.text', { count: unsaved })}</p><p>${t('safe.leave.do')}</p>
  <//>`
  }<${Menu} label=${t('shell.account')} icon="user">
    <div class="menu-text">${session()?.email}</div>
    <a href="#/settings">${t('nav.settings')}</a>
    <button type="button" onClick=${ask}>${t('sign.out')}</button>
  <//>`
}

/* ---- start ---- */

async function start() {
  const root = /** @type {HTMLElement} */ (document.getElementById('app'))
  await setLanguage(preferredLanguage())
  try {
    await startApi()
    await arrive()
    render(html`<${App} />`, root)
  } catch (error) {
    render(html`<main class="page"><h1>Rapporteur</h1><${ErrorNote} error=${error} onRetry=${start} /></main>`, root)
  }
}

start()
