/** The player: a rendition of the recording with captions, and the controls that go with a transcript. */

import { t } from '../i18n.js'
import { remember, remembered } from '../remembering.js'
import { ErrorNote, Select, withValue } from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { Drawing, Tool } from './controls.js'
import { clock } from './model/format.js'
import { isOwner } from './model/rights.js'
import { SMALL, useMedia } from './narrow.js'
import { playable } from './playable.js'
import { Boxes } from './seen/boxes.js'
import { Cover } from './seen/cover.js'
import { useBoxes } from './seen/moments.js'
import { shows } from './source.js'
import { translatedName, useTranslations } from './translations.js'

/**
 * @import { Asset, Failed, RefObject } from '../types.d.ts'
 * @import { Playback } from './playback.js'
 * @import { Covering } from './seen/cover.js'
 * @import { Seen } from './seen/loading.js'
 * @import { Source } from './source.js'
 */

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
/** An address that is refused when it is younger than this (ms) is not wrong by its age: another would be refused too. */
const TOO_YOUNG = 10_000

/**
 * @param {{source: Source, asset: Asset, playback: Playback, seen: Seen, covering: Covering, captions: string,
 *   hasCaptions: boolean}} props captions: changes when they have to be fetched anew
 */
export function Player({ source, asset, playback, seen, covering, captions, hasCaptions }) {
  const choices = useMemo(() => playable(asset), [asset.renditions])
  const [preset, setPreset] = useState(() => remembered('rendition', null))
  const [showsCaptions, setShowsCaptions] = useState(() => remembered('captions', 'on') === 'on')
  const [rate, setRate] = useState(() => Number(remembered('rate', '1')) || 1)
  const [isPlaying, setPlaying] = useState(false)
  const [isMuted, setMuted] = useState(false)
  const [isWaiting, setWaiting] = useState(false)
  const chosen = choices.find((one) => one.preset === preset) ?? choices[0]
  const hasPicture = chosen?.kind === 'video'
  const [showsBoxes, setShowsBoxes] = useState(() => remembered('boxes', 'off') === 'on')
  const boxes = useBoxes(playback, seen.cues, showsBoxes)
  const isSmall = useMedia(SMALL)
  // It is small to leave room for the text, if there is any.
  const usual = shows(source, 'transcript') ? 'folded' : 'unfolded'
  const [isUnfolded, setUnfolded] = useState(() => remembered('player', usual) === 'unfolded')
  const isFolded = isSmall && !isUnfolded
  const media = useRef(/** @type {HTMLMediaElement | null} */ (null))
  const frame = useRef(/** @type {HTMLElement | null} */ (null))
  const { error, retry, check, keepPlaying } = useAddress(source, chosen?.preset, playback, media)
  const tongues = useTranslations(source, isOwner(asset) && hasCaptions && hasPicture)
  const [wished, setTongue] = useState(() => remembered('tongue', '') ?? '')
  const tongue = tongues.includes(wished) ? wished : ''
  const captionsUrl = useCaptions(source, hasCaptions && hasPicture, captions, tongue)

  useEffect(() => (media.current ? playback.attach(media.current) : undefined), [hasPicture, Boolean(chosen)])
  useEffect(() => {
    if (media.current) media.current.playbackRate = rate
  }, [rate, hasPicture])
  useEffect(() => {
    const track = media.current?.textTracks[0]
    if (track) track.mode = showsCaptions ? 'showing' : 'hidden'
  }, [showsCaptions, captionsUrl, chosen?.preset])

  if (!chosen) return null
  const choose = (/** @type {string} */ name) => {
    remember('rendition', name)
    keepPlaying()
    setPreset(name)
  }
  const toggleCaptions = () => {
    remember('captions', showsCaptions ? 'off' : 'on')
    setShowsCaptions(!showsCaptions)
  }
  const chooseTongue = (/** @type {string} */ value) => {
    remember('tongue', value)
    setTongue(value)
  }
  const toggleBoxes = () => {
    remember('boxes', showsBoxes ? 'off' : 'on')
    setShowsBoxes(!showsBoxes)
  }
  const toggleFolded = () => {
    remember('player', isFolded ? 'unfolded' : 'folded')
    setUnfolded(isFolded)
  }
  const chooseRate = (/** @type {string} */ value) => {
    remember('rate', value)
    setRate(Number(value))
  }
  const toggleMuted = () => {
    if (media.current) media.current.muted = !isMuted
  }
  const events = {
    onPlay: () => setPlaying(true),
    onPause: () => setPlaying(false),
    onVolumeChange: () => setMuted(Boolean(media.current?.muted)),
    onWaiting: () => {
      setWaiting(true)
      check(false)
    },
    onStalled: () => check(false),
    onPlaying: () => setWaiting(false),
    onCanPlay: () => setWaiting(false),
    onError: () => check(true),
    onLoadedMetadata: () => {
      if (media.current) media.current.playbackRate = rate
    },
  }
  const isCovered = covering.isUnknown || covering.at >= 0
  /** What a browser shows outside of the page cannot be covered. */
  const hidesSome = covering.isUnknown || covering.stretches.length > covering.shown.size
  const hasBoxes = seen.cues.some((cue) => cue.box)
  const label = t('asset.player.label', { title: asset.title || asset.file_name })
  return html`<section class="player ${hasPicture ? '' : 'audio'} ${isFolded ? 'folded' : ''}" aria-label=${t('asset.player.region')} ref=${frame}>
    ${
      hasPicture
        ? html`<div class="picture ${isCovered ? 'covered' : ''}">
          <video ref=${media} playsinline disablePictureInPicture=${hidesSome} disableRemotePlayback=${hidesSome} preload="metadata" aria-label=${label} ...${events} onClick=${() => (isFolded ? toggleFolded() : playback.toggle())}>
            ${captionsUrl && html`<track key=${captionsUrl} kind="captions" src=${captionsUrl} label=${tongue ? translatedName(tongue) : t('asset.captions')} srclang=${tongue || (asset.language ?? 'und')} default=${showsCaptions} />`}
          </video>
          ${!isCovered && !isFolded && boxes.length > 0 && html`<${Boxes} cues=${boxes} width=${asset.width} height=${asset.height} />`}
          ${isCovered && !isFolded && html`<${Cover} names=${covering.stretches[covering.at]?.names ?? []} onShow=${covering.show} />`}
          ${isWaiting && isPlaying && !isFolded && html`<p class="waiting"><span class="spinner" aria-hidden="true"></span>${t('asset.player.waiting')}</p>`}
        </div>`
        : html`<audio ref=${media} preload="metadata" aria-label=${label} ...${events}></audio>`
    }
    <${ErrorNote} error=${error} onRetry=${retry} />
    <${Position} playback=${playback} duration=${chosen.duration || asset.duration || 0} />
    <div class="controls">
      <button type="button" class="tool main" aria-label=${isPlaying ? t('asset.player.pause') : t('asset.player.play')}
        title=${isPlaying ? t('asset.player.pause') : t('asset.player.play')} onClick=${() => playback.toggle()}><${Drawing} name=${isPlaying ? 'pause' : 'play'} /></button>
      ${
        !isFolded &&
        html`<${Tool} name="back" label=${t('asset.player.back')} data-mark="3" onClick=${() => playback.skip(-3)} />
      <${Tool} name="forward" class="tool roomy" label=${t('asset.player.forward')} data-mark="3" onClick=${() => playback.skip(3)} />
      <${Tool} class="tool roomy" name=${isMuted ? 'mute' : 'sound'} label=${isMuted ? t('asset.player.unmute') : t('asset.player.mute')} onClick=${toggleMuted} />
      <span class="gap"></span>
      <${Select} aria-label=${t('asset.player.rate')} value=${String(rate)} options=${RATES.map((one) => [String(one), `${one}×`])} onChange=${chooseRate} />
      ${choices.length > 1 && html`<${Select} aria-label=${t('asset.player.rendition')} value=${chosen.preset} options=${choices.map((one) => [one.preset, one.title])} onChange=${choose} />`}
      ${hasPicture && hasCaptions && html`<${Tool} name="captions" label=${t('asset.captions')} aria-pressed=${String(showsCaptions)} onClick=${toggleCaptions} />`}
      ${hasPicture && hasBoxes && html`<${Tool} name="boxes" label=${t('asset.seen.boxes')} aria-pressed=${String(showsBoxes)} onClick=${toggleBoxes} />`}
      ${hasPicture && html`<${Tool} name="full" label=${t('asset.player.full')} onClick=${() => toggleFull(frame.current, hidesSome ? null : media.current)} />`}`
      }
      ${isSmall && html`<${Tool} name=${isFolded ? 'down' : 'up'} label=${t(isFolded ? 'asset.player.unfold' : 'asset.player.fold')} aria-expanded=${String(!isFolded)} onClick=${toggleFolded} />`}
    </div>
    ${
      hasPicture &&
      hasCaptions &&
      showsCaptions &&
      !isFolded &&
      tongues.length > 0 &&
      html`<div class="tongue"><${Select} aria-label=${t('asset.captions.which')} value=${tongue} options=${[['', t('asset.captions.as-said')], ...tongues.map((one) => [one, translatedName(one)])]} onChange=${chooseTongue} /></div>`
    }
  </section>`
}

/**
 * Phones let only the video itself fill the screen.
 * @param {HTMLElement | null} frame
 * @param {(HTMLMediaElement & {webkitEnterFullscreen?: () => void}) | null} media
 */
function toggleFull(frame, media) {
  if (document.fullscreenElement) document.exitFullscreen()
  else if (frame?.requestFullscreen) frame.requestFullscreen().catch(() => {})
  else media?.webkitEnterFullscreen?.()
}

/**
 * Gives the media element an address of the rendition `preset`, and a new one when that has ended, or another rendition
 * is chosen. Time, and whether it plays, stay as they were.
 * @param {Source} source
 * @param {string | undefined} preset
 * @param {Playback} playback
 * @param {RefObject<HTMLMediaElement>} media
 */
function useAddress(source, preset, playback, media) {
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const address = useRef({ until: 0, since: 0, isBusy: false, shouldPlay: false })

  const load = async () => {
    const current = address.current
    if (current.isBusy || !preset) return
    current.isBusy = true
    const wasPlaying = playback.isPlaying
    setError(null)
    try {
      const { url, expires_in: seconds } = await source.media(preset)
      const element = media.current
      if (address.current !== current || !element) return
      playback.asked = playback.time
      Object.assign(current, { since: Date.now(), until: Date.now() + seconds * 1000 })
      const goOn = () => {
        element.currentTime = playback.asked
      }
      element.addEventListener('loadedmetadata', goOn, { once: true })
      element.src = url
      if (wasPlaying || current.shouldPlay) playback.play()
      current.shouldPlay = false
    } catch (failure) {
      if (address.current === current) setError(/** @type {Failed} */ (failure))
    } finally {
      current.isBusy = false
    }
  }

  /** Something holds the media up: because the address has ended? `isFatal`: the element has given up. */
  const check = (/** @type {boolean} */ isFatal) => {
    const { since, until, isBusy } = address.current
    if (!since || isBusy) return
    const isEnded = Date.now() > until - 2000
    address.current.shouldPlay ||= playback.isPlaying
    if (isEnded || (isFatal && Date.now() - since > TOO_YOUNG)) load()
    else if (isFatal) setError({ code: 'media', message: t('asset.player.broken') })
  }

  useEffect(() => {
    address.current = { until: 0, since: 0, isBusy: false, shouldPlay: address.current.shouldPlay }
    load()
  }, [source, preset])
  /** Call this before another rendition is chosen: by the time it is there, its element may be a new one. */
  const keepPlaying = () => {
    address.current.shouldPlay = playback.isPlaying
  }
  return { error, retry: load, check, keepPlaying }
}

/**
 * The address of a Blob with the captions; undefined while there are none.
 * @param {Source} source
 * @param {boolean} isWanted
 * @param {string} version
 * @param {string} tongue a language that a machine has put them into; "" for what was said
 */
function useCaptions(source, isWanted, version, tongue) {
  const [url, setUrl] = useState(/** @type {string | undefined} */ (undefined))
  useEffect(() => {
    if (!isWanted) return undefined
    let isStale = false
    const coming = tongue && source.isOwn ? source.translation(tongue, 'vtt') : source.transcript('vtt')
    coming.then(
      (blob) => isStale || setUrl(URL.createObjectURL(new Blob([blob], { type: 'text/vtt' }))),
      () => {}, // without captions the recording plays all the same, and the transcript stands beside it
    )
    return () => {
      isStale = true
    }
  }, [source, isWanted, version, tongue])
  useEffect(
    () => () => {
      if (url) URL.revokeObjectURL(url)
    },
    [url],
  )
  return isWanted ? url : undefined
}

/**
 * The time, and a slider to change it. Drawn by hand: it moves several times a second.
 * @param {{playback: Playback, duration: number}} props
 */
function Position({ playback, duration }) {
  const slider = useRef(/** @type {HTMLInputElement | null} */ (null))
  const time = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    let shown = -1
    const show = (/** @type {number} */ now) => {
      const quarter = Math.floor(now * 4)
      if (quarter === shown || !slider.current || !time.current) return
      shown = quarter
      slider.current.value = String(now)
      const text = clock(now)
      if (time.current.textContent !== text) {
        time.current.textContent = text
        slider.current.setAttribute('aria-valuetext', t('asset.player.at', { time: text, duration: clock(duration) }))
      }
    }
    show(playback.time)
    return playback.listen(show)
  }, [playback, duration])
  return html`<div class="position">
    <span class="numbers" ref=${time}>0:00</span>
    <input type="range" ref=${slider} min="0" max=${duration} step="0.1" aria-label=${t('asset.player.position')}
      onInput=${withValue((value) => playback.seek(Number(value)))} />
    <span class="numbers">${clock(duration)}</span>
  </div>`
}
