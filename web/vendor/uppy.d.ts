// What uppy.js holds, for the checks: its types are those of the packages that it is made of (build.sh).
import type { Locale } from '@uppy/core'

export { default as AwsS3 } from '@uppy/aws-s3'
export { default as Uppy } from '@uppy/core'
export { default as Dashboard } from '@uppy/dashboard'
export { default as GoldenRetriever } from '@uppy/golden-retriever'

export const locales: Record<string, Locale>
