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

cat >diff-entry.js <<'JS'
export { diffArrays } from 'diff'
JS

cat >idb-keyval-entry.js <<'JS'
export { clear, createStore, delMany, entries, promisifyRequest } from 'idb-keyval'
JS

cat >uppy-entry.js <<'JS'
export { default as Uppy } from '@uppy/core'
export { default as Dashboard } from '@uppy/dashboard'
export { default as AwsS3 } from '@uppy/aws-s3'
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
CSS

bundle() { npx esbuild "$1" --bundle --minify --legal-comments=none --target=es2022 --outfile="$here/$2" "${3:---format=esm}"; }
bundle preact-entry.js preact.js
bundle diff-entry.js diff.js
bundle idb-keyval-entry.js idb-keyval.js
bundle uppy-entry.js uppy.js
bundle uppy-entry.css uppy.css --loader:.svg=dataurl

# pdf.js comes as Mozilla built it. It is not in package.json: npm would install a canvas for node.js along with it. Nothing
# of it that runs what a document holds is taken, and neither WebAssembly, which the pages' policy forbids (there is plain
# JavaScript for the two decoders that would need it), nor the Liberation fonts (GPL): the browser's own stand for those.
pdfjs=6.5.438
hash=be0f0fc35c7e0052b2e00303be1b9697970e615f1debdf14a0400da0516173bf61a970e7650aa7397a31c371c6f74ed61ce8352583af2e13fbe7a6e875d171a4
rm -rf pdfjs
mkdir pdfjs
npm pack --silent --pack-destination pdfjs "pdfjs-dist@$pdfjs"
echo "$hash  pdfjs/pdfjs-dist-$pdfjs.tgz" | sha512sum --check --quiet
tar -xzf "pdfjs/pdfjs-dist-$pdfjs.tgz" -C pdfjs
rm -rf "$here/pdf"
mkdir -p "$here/pdf/cmaps" "$here/pdf/fonts" "$here/pdf/wasm"
cp pdfjs/package/build/pdf.min.mjs "$here/pdf.js"
cp pdfjs/package/build/pdf.worker.min.mjs "$here/pdf.worker.js"
cp pdfjs/package/cmaps/*.bcmap "$here/pdf/cmaps/"
cp pdfjs/package/standard_fonts/FoxitSymbol.pfb pdfjs/package/standard_fonts/FoxitDingbats.pfb "$here/pdf/fonts/"
cp pdfjs/package/wasm/openjpeg_nowasm_fallback.js pdfjs/package/wasm/jbig2_nowasm_fallback.js "$here/pdf/wasm/"

# One file with the licence of every package that ended up in a bundle.
npx esbuild preact-entry.js diff-entry.js idb-keyval-entry.js uppy-entry.js --bundle --format=esm --outdir=meta --metafile=meta.json --log-level=error
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
// What pdf.js brings along has licences of its own: the decoders, the two fonts, Adobe's tables of characters.
const own = ['LICENSE', 'wasm/LICENSE_OPENJPEG', 'wasm/LICENSE_PDFJS_OPENJPEG', 'wasm/LICENSE_JBIG2', 'wasm/LICENSE_PDFJS_JBIG2',
  'standard_fonts/LICENSE_FOXIT', 'cmaps/LICENSE']
const { name, version, license } = JSON.parse(fs.readFileSync('pdfjs/package/package.json', 'utf8'))
const texts = own.map((file) => `---- ${file}\n\n${fs.readFileSync(`pdfjs/package/${file}`, 'utf8').trim()}`)
console.log(`${'='.repeat(80)}\n${name} ${version} (${license})\n${'='.repeat(80)}\n\n${texts.join('\n\n')}\n`)
JS
