/** The shapes that the pages share. Those of the API are made from its own description: `make lint-web`. */

import type { AssetView, WholeAsset } from '../build/api.d.ts'

export type { ComponentChildren as Children, ComponentType, RefObject } from 'preact'
export type * from '../build/api.d.ts'

/** An asset as a page has it: its parts that are only told of one by itself may be missing. */
export type Asset = AssetView & Partial<WholeAsset>

/** What is known of a failure: the API's (`ApiError`), Cognito's (`AuthError`), or one of the pages' own. */
export type Failed = { code?: string; message?: string; status?: number; field?: string }

/** Attributes that a component hands on to its element. */
export type Rest = Record<string, unknown>
