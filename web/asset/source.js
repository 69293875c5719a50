/** Where the asset page gets its data: from the owner's routes, or from those of a link that was shared. */

import { api, query } from '../api.js'

/** Everything an owner may read and do. All methods reject with ApiError. */
export function ownSource(id) {
  const path = `/assets/${encodeURIComponent(id)}`
  return {
    key: id,
    isOwn: true,
    asset: (signal) => api.get(path, { signal }),
    lines: (edition, signal) => api.get(`${path}/lines${query({ edition })}`, { signal }),
    analysis: (signal) => api.get(`${path}/analysis`, { signal }),
    tracks: (signal) => api.get(`${path}/tracks`, { signal }),
    track: (name, signal) => api.get(`${path}/tracks/${encodeURIComponent(name)}`, { signal }),
    media: (preset) => api.get(`${path}/media/${encodeURIComponent(preset)}`),
    transcript: (format, edition) => api.blob(`${path}/transcript.${format}${query({ edition })}`),
    save: (edition, lines) => api.put(`${path}/transcript`, { edition, lines }),
    change: (changes) => api.patch(path, changes),
    remove: () => api.delete(path),
    retry: (wanted) => api.post(`${path}/retry`, wanted),
    cancel: () => api.post(`${path}/cancel`),
    voices: (signal) => api.get(`${path}/voices`, { signal }),
    remember: (voice) => api.post(`${path}/voices`, voice),
    files: (signal) => api.get(`${path}/files`, { signal }),
    shares: (signal) => api.get(`${path}/shares`, { signal }),
    share: (days) => api.post(`${path}/shares`, { days }),
    unshare: (share) => api.delete(`${path}/shares/${encodeURIComponent(share)}`),
  }
}

/** What anybody with the link may read. */
export function sharedSource(token) {
  const path = `/shared/${encodeURIComponent(token)}`
  const open = { open: true }
  return {
    key: token,
    isOwn: false,
    shared: (signal) => api.get(path, { ...open, signal }),
    asset: async (signal) => (await api.get(path, { ...open, signal })).asset,
    lines: (_edition, signal) => api.get(`${path}/lines`, { ...open, signal }),
    analysis: (signal) => api.get(`${path}/analysis`, { ...open, signal }),
    tracks: (signal) => api.get(`${path}/tracks`, { ...open, signal }),
    track: (name, signal) => api.get(`${path}/tracks/${encodeURIComponent(name)}`, { ...open, signal }),
    media: (preset) => api.get(`${path}/media/${encodeURIComponent(preset)}`, open),
    transcript: (format) => api.blob(`${path}/transcript.${format}`, open),
  }
}
