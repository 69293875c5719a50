/** Sentiment over time: many segments as a fixed number of bars, and words for what they mean. */

/** From this balance on (−1 to 1) a stretch counts as positive or negative. */
const CLEAR = 0.25

/** @typedef {'POSITIVE' | 'NEGATIVE' | 'MIXED' | 'NEUTRAL'} Mood */

/**
 * The segments of an analysis as `count` stretches of equal length.
 * @param {{start: number, end: number, positive: number, negative: number, mixed?: number,
 *   speaker?: string | null}[]} segments
 * @param {number} duration seconds
 * @param {number} count
 * @returns {{start: number, end: number, positive: number, negative: number, balance: number, mood: Mood | null,
 *   speaker: string | null}[]}
 *   shares from 0 to 1, weighted by time; `mood` null and all 0 where nobody speaks; `speaker`: who speaks longest
 */
export function stretches(segments, duration, count) {
  const length = duration / count
  const sums = Array.from({ length: count }, () => ({
    time: 0,
    positive: 0,
    negative: 0,
    mixed: 0,
    by: /** @type {Map<string, number>} */ (new Map()),
  }))
  for (const segment of segments) {
    const first = Math.max(0, Math.floor(segment.start / length))
    const last = Math.min(count - 1, Math.floor(Math.max(segment.start, segment.end - 1e-6) / length))
    for (let i = first; i <= last; i += 1) {
      const from = Math.max(segment.start, i * length)
      const time = Math.max(1e-3, Math.min(segment.end, (i + 1) * length) - from)
      const sum = sums[i]
      sum.time += time
      sum.positive += segment.positive * time
      sum.negative += segment.negative * time
      sum.mixed += (segment.mixed ?? 0) * time
      if (segment.speaker) sum.by.set(segment.speaker, (sum.by.get(segment.speaker) ?? 0) + time)
    }
  }
  return sums.map((sum, i) => {
    const share = (/** @type {number} */ value) => (sum.time ? value / sum.time : 0)
    const stretch = { positive: share(sum.positive), negative: share(sum.negative), mixed: share(sum.mixed) }
    const balance = stretch.positive - stretch.negative
    const speaker = [...sum.by].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null
    return {
      start: i * length,
      end: (i + 1) * length,
      positive: stretch.positive,
      negative: stretch.negative,
      balance,
      mood: sum.time ? moodOf(stretch, balance) : null,
      speaker,
    }
  })
}

/**
 * Who speaks longest in each of `count` stretches, as the lines say it now: a name may have been changed since the moods
 * were found.
 * @param {{start: number, end: number, speaker: string | null}[]} lines
 * @param {number} duration seconds
 * @param {number} count
 */
export function speakersOver(lines, duration, count) {
  const spoken = lines.map(({ start, end, speaker }) => ({ start, end, speaker, positive: 0, negative: 0 }))
  return stretches(
    spoken.filter(({ speaker }) => speaker !== null),
    duration,
    count,
  ).map(({ speaker }) => speaker)
}

/**
 * @param {{positive: number, negative: number, mixed: number}} shares
 * @param {number} balance
 * @returns {Mood}
 */
function moodOf({ positive, negative, mixed }, balance) {
  if (mixed > 0.5 || (positive > 0.3 && negative > 0.3)) return 'MIXED'
  if (balance >= CLEAR) return 'POSITIVE'
  if (balance <= -CLEAR) return 'NEGATIVE'
  return 'NEUTRAL'
}
