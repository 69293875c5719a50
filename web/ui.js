/** The components and hooks that the pages share. */

export * from './ui/assets.js'
export * from './ui/controls.js'
export * from './ui/feedback.js'
export * from './ui/hooks.js'
export * from './ui/surfaces.js'
