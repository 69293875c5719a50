#!/bin/sh
# Makes the third-party modules of the pages anew from npm, at the versions that package.json has. Their outputs are
# committed, so that the pages need no build.
# Uppy stays at 5: from 6 on, @uppy/aws-s3 only signs requests that the browser sends to S3 itself, while Rapporteur's API
# starts, lists and completes multipart uploads (and keeps the bucket closed to everything else).
# Preact stays at the release that Uppy 5 asks for, so that npm installs it once and each bundle holds it once.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$here/../../build/vendor
mkdir -p "$work"
cd "$work"
npm ci --no-audit --no-fund --prefix ../..

cat >preact-entry.js <<'JS'
export { h, Fragment, render } from 'preact'
export { useState, useEffect, useRef, useMemo, useCallback, useLayoutEffect } from 'preact/hooks'
export { html } from 'htm/preact'
JS

cat >uppy-entry.js <<'JS'
export { default as Uppy } from '@uppy/core'
export { default as Dashboard } from '@uppy/dashboard'
export { default as AwsS3 } from '@uppy/aws-s3'
export { default as Audio } from '@uppy/audio'
export { default as Webcam } from '@uppy/webcam'
export { default as GoldenRetriever } from '@uppy/golden-retriever'
import fr from '@uppy/locales/lib/fr_FR.js'
import ja from '@uppy/locales/lib/ja_JP.js'
import ko from '@uppy/locales/lib/ko_KR.js'
import zh from '@uppy/locales/lib/zh_CN.js'
export const locales = { fr, ja, ko, zh }
JS

cat >uppy-entry.css <<'CSS'
@import '@uppy/core/css/style.min.css';
@import '@uppy/dashboard/css/style.min.css';
@import '@uppy/audio/css/style.min.css';
@import '@uppy/webcam/css/style.min.css';
CSS

bundle() { npx esbuild "$1" --bundle --minify --legal-comments=none --target=es2022 --outfile="$here/$2" "${3:---format=esm}"; }
bundle preact-entry.js preact.js
bundle uppy-entry.js uppy.js
bundle uppy-entry.css uppy.css --loader:.svg=dataurl

# One file with the licence of every package that ended up in a bundle.
npx esbuild preact-entry.js uppy-entry.js --bundle --format=esm --outdir=meta --metafile=meta.json --log-level=error
node - >"$here/LICENSES.txt" <<'JS'
const fs = require('fs')
const inputs = Object.keys(JSON.parse(fs.readFileSync('meta.json', 'utf8')).inputs)
const folders = new Set(inputs.map((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean))
for (const folder of [...folders].sort()) {
  const { name, version, license } = JSON.parse(fs.readFileSync(`${folder}/package.json`, 'utf8'))
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file ? fs.readFileSync(`${folder}/${file}`, 'utf8').trim() : '(the package holds no licence file)'
  console.log(`${'='.repeat(80)}\n${name} ${version} (${license})\n${'='.repeat(80)}\n\n${text}\n`)
}
JS
