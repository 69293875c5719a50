/** The recorder of the upload page: which microphone and camera, how loud it is, how long it has been recording. */

import { api } from '../api.js'
import { clock } from '../asset/model/format.js'
import { dateTime, t } from '../i18n.js'
import { choicesOf, endingFor, Listener, loudness, shown, whyNot } from '../recorder.js'
import { Button, Note, SelectField, toast, useId } from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'

/**
 * @import { Heard } from '../recorder.js'
 * @import { Transfer } from './transfer.js'
 */

/** @typedef {'sound' | 'film'} Mode */
/** @typedef {{blob: Blob, url: string, note: 'gone' | 'full' | null}} Made */

/** Milliseconds between two looks at how loud it is. */
const LOOKED = 100
/** Milliseconds of a recording that the browser hands over at a time, so that a long one is stopped before it is too large. */
const SLICE = 1000

/** @param {{transfer: Transfer}} props */
export function Recorder({ transfer }) {
  const [mode, setMode] = useState(/** @type {Mode | null} */ (null))
  const opener = useRef(/** @type {HTMLElement | null} */ (null))
  const hasOpened = useRef(false)
  useEffect(() => {
    if (mode) hasOpened.current = true
    else if (hasOpened.current) opener.current?.querySelector('button')?.focus() // the button that closed it is gone
  }, [mode])
  return html`<section class="panel stack recorder" aria-labelledby="record">
    <h2 id="record">${t('record.title')}</h2>
    <p class="small muted">${t('record.text')}</p>
    ${
      mode
        ? html`<${Session} key=${mode} mode=${mode} transfer=${transfer} onClose=${() => setMode(null)} />`
        : html`<div class="row" ref=${opener}>
          <${Button} onClick=${() => setMode('sound')}>${t('record.sound')}<//>
          <${Button} onClick=${() => setMode('film')}>${t('record.film')}<//>
        </div>`
    }
  </section>`
}

/**
 * From the question whether the page may listen to a recording that is added to the files.
 * @param {{mode: Mode, transfer: Transfer, onClose: () => void}} props
 */
function Session({ mode, transfer, onClose }) {
  const withCamera = mode === 'film'
  const [chosen, setChosen] = useState(/** @type {{microphone?: string, camera?: string}} */ ({}))
  const { stream, devices, trouble, again } = useStream(chosen, withCamera)
  const { made, startedAt, start, stop, discard } = useRecording(stream)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => box.current?.focus(), [])

  const add = () => {
    if (!made) return
    const type = made.blob.type.split(';')[0]
    const name = `${t('record.file', { when: dateTime(Date.now() / 1000) })}.${endingFor(type)}`
    try {
      transfer.uppy.addFile({ source: 'Recorder', name: name.replace(/[/\\:]/g, '-'), type, data: made.blob })
      toast(t('record.added'))
      onClose()
    } catch {
      // Uppy has told why it did not take it, and the page shows it.
    }
  }

  return html`<div class="stack wide" tabindex="-1" ref=${box} aria-label=${t(`record.${mode}`)} role="group">
    ${!stream && !trouble && !made && html`<p role="status">${t('record.asking')}</p>`}
    ${
      trouble &&
      !made &&
      html`<${Note} kind="bad" role="alert"><span>${t(`record.${trouble}`)}</span>
        ${trouble !== 'unable' && html`<${Button} size="small" onClick=${again}>${t('ui.try-again')}<//>`}<//>`
    }
    ${stream && !made && html`<${Live} stream=${stream} withCamera=${withCamera} devices=${devices} isRecording=${startedAt !== null} onChoose=${setChosen} />`}
    ${startedAt !== null && html`<${Elapsed} since=${startedAt} />`}
    <p class="visually-hidden" role="status">${startedAt !== null ? t('record.started') : made ? t('record.stopped') : ''}</p>
    ${made && html`<${Heard} made=${made} withCamera=${withCamera} />`}
    <div class="row">
      ${stream && !made && startedAt === null && html`<${Button} variant="primary" onClick=${start}>${t('record.start')}<//>`}
      ${startedAt !== null && html`<${Button} variant="danger" onClick=${stop}>${t('record.stop')}<//>`}
      ${made && html`<${Button} variant="primary" onClick=${add}>${t('record.add')}<//> <${Button} onClick=${discard}>${t('record.again')}<//>`}
      ${startedAt === null && html`<${Button} variant="quiet" onClick=${onClose}>${t(made ? 'ui.cancel' : 'ui.close')}<//>`}
    </div>
  </div>`
}

/* ---- what is heard and seen ---- */

/**
 * The microphone, and the camera if there is to be a film: asked for anew when another is chosen, let go at the end.
 * @param {{microphone?: string, camera?: string}} chosen
 * @param {boolean} withCamera
 */
function useStream({ microphone, camera }, withCamera) {
  const [state, setState] = useState(
    /** @type {{stream: MediaStream | null, devices: MediaDeviceInfo[], trouble: string | null}} */ ({
      stream: null,
      devices: [],
      trouble: null,
    }),
  )
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let isOver = false
    /** @type {MediaStream | null} */
    let opened = null
    const named = (/** @type {string | undefined} */ id) => (id ? { deviceId: { exact: id } } : true)
    const open = async () => {
      setState((before) => ({ ...before, stream: null, trouble: null }))
      try {
        if (!globalThis.MediaRecorder) throw new TypeError('This browser records nothing.')
        opened = await navigator.mediaDevices.getUserMedia({
          audio: named(microphone),
          video: withCamera && named(camera),
        })
        const devices = await navigator.mediaDevices.enumerateDevices() // they have names only from now on
        if (isOver) release(opened)
        else setState({ stream: opened, devices, trouble: null })
      } catch (error) {
        if (!isOver) setState((before) => ({ ...before, stream: null, trouble: whyNot(error, withCamera) }))
      }
    }
    const changed = async () => {
      const devices = await navigator.mediaDevices.enumerateDevices()
      if (!isOver) setState((before) => ({ ...before, devices }))
    }
    open()
    navigator.mediaDevices?.addEventListener('devicechange', changed)
    return () => {
      isOver = true
      navigator.mediaDevices?.removeEventListener('devicechange', changed)
      release(opened)
    }
  }, [microphone, camera, withCamera, turn])
  return { ...state, again: () => setTurn((n) => n + 1) }
}

/** @param {MediaStream | null} stream */
function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/**
 * @param {{stream: MediaStream, withCamera: boolean, devices: MediaDeviceInfo[], isRecording: boolean,
 *   onChoose: (change: (before: object) => object) => void}} props
 */
function Live({ stream, withCamera, devices, isRecording, onChoose }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null))
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
  }, [stream, withCamera])
  const used = (/** @type {MediaStreamTrack[]} */ [track]) => track?.getSettings().deviceId ?? ''
  const choose = (/** @type {'microphone' | 'camera'} */ what) => (/** @type {string} */ id) =>
    onChoose((before) => ({ ...before, [what]: id }))
  const microphones = choicesOf(devices, 'audioinput', (n) => t('record.unnamed-microphone', { n }))
  const cameras = choicesOf(devices, 'videoinput', (n) => t('record.unnamed-camera', { n }))
  return html`
    ${withCamera && html`<video class="recorder-picture" ref=${video} autoplay muted playsinline aria-label=${t('record.camera')}></video>`}
    <div class="recorder-devices">
      <${SelectField} label=${t('record.microphone')} value=${used(stream.getAudioTracks())} options=${microphones} disabled=${isRecording} onChange=${choose('microphone')} />
      ${withCamera && html`<${SelectField} label=${t('record.camera')} value=${used(stream.getVideoTracks())} options=${cameras} disabled=${isRecording} onChange=${choose('camera')} />`}
    </div>
    <${Level} stream=${stream} />`
}

/**
 * How loud it is, as a bar and in words; the words change only when something else is to be said.
 * @param {{stream: MediaStream}} props
 */
function Level({ stream }) {
  const [level, setLevel] = useState(0)
  const [heard, setHeard] = useState(/** @type {Heard} */ ('waiting'))
  const id = useId('level')
  useEffect(() => {
    const context = new AudioContext()
    const analyser = context.createAnalyser()
    context.createMediaStreamSource(stream).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    const listener = new Listener()
    const timer = setInterval(() => {
      if (context.state === 'suspended') context.resume() // some browsers start it so
      analyser.getFloatTimeDomainData(samples)
      const loud = loudness(samples)
      setLevel(shown(loud.decibels))
      setHeard(listener.hear(loud, performance.now() / 1000))
    }, LOOKED)
    return () => {
      clearInterval(timer)
      context.close()
    }
  }, [stream])
  const percent = Math.round(level * 100)
  return html`<div class="recorder-level wide">
    <span id=${id} class="small">${t('record.level')}</span>
    <progress class="progress ${heard === 'loud' ? 'bad' : ''}" max="100" value=${percent} aria-labelledby=${id}></progress>
    <p class="small ${['silent', 'loud', 'quiet'].includes(heard) ? 'problem-text' : 'muted'}" role="status">${t(`record.level-${heard}`)}</p>
  </div>`
}

/** @param {{since: number}} props seconds on the clock of `performance` */
function Elapsed({ since }) {
  const [now, setNow] = useState(since)
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now() / 1000), 250)
    return () => clearInterval(timer)
  }, [])
  return html`<p class="recorder-time numbers" role="timer"><span class="recorder-dot" aria-hidden="true"></span>${t('record.elapsed', { time: clock(now - since) })}</p>`
}

/* ---- what was recorded ---- */

/** @param {MediaStream | null} stream */
function useRecording(stream) {
  const [startedAt, setStarted] = useState(/** @type {number | null} */ (null))
  const [made, setMade] = useState(/** @type {Made | null} */ (null))
  const recorder = useRef(/** @type {MediaRecorder | null} */ (null))
  const isLeft = useRef(false)
  useEffect(
    () => () => {
      isLeft.current = true
      if (recorder.current?.state === 'recording') recorder.current.stop()
    },
    [],
  )
  useEffect(() => () => made && URL.revokeObjectURL(made.url), [made])
  useEffect(() => {
    if (startedAt === null && !made) return undefined
    const warn = (/** @type {Event} */ event) => event.preventDefault()
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [startedAt === null, !made])

  const start = () => {
    if (!stream) return
    /** @type {Blob[]} */
    const slices = []
    let size = 0
    /** @type {Made['note']} */
    let note = null
    const making = new MediaRecorder(stream)
    recorder.current = making
    const end = (/** @type {Made['note']} */ why) => {
      if (making.state !== 'recording') return
      note = why
      making.stop()
    }
    making.ondataavailable = ({ data }) => {
      slices.push(data)
      size += data.size
      const ahead = (3 * size) / slices.length // what is still to come when it is stopped
      if (size + ahead > api.config.max_upload_bytes) end('full')
    }
    making.onstop = () => {
      setStarted(null)
      if (isLeft.current) return
      const blob = new Blob(slices, { type: making.mimeType })
      setMade({ blob, url: URL.createObjectURL(blob), note })
    }
    for (const track of stream.getTracks()) track.addEventListener('ended', () => end('gone'))
    making.start(SLICE)
    setStarted(performance.now() / 1000)
  }
  return {
    made,
    startedAt,
    start,
    stop: () => recorder.current?.state === 'recording' && recorder.current.stop(),
    discard: () => setMade(null),
  }
}

/** @param {{made: Made, withCamera: boolean}} props */
const Heard = ({ made, withCamera }) => html`
  ${made.note && html`<${Note} kind="warn" role="alert">${t(`record.${made.note}`)}<//>`}
  ${
    withCamera
      ? html`<video class="recorder-picture" controls playsinline src=${made.url} aria-label=${t('record.made')}></video>`
      : html`<audio class="wide" controls src=${made.url} aria-label=${t('record.made')}></audio>`
  }`
