// Verifies credentials as somebody would who has nothing but the published keys, and reads certificates.
// Reads one object of JSON: { base, jwt } or { certificate: BASE64 }; writes one.

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { createRemoteJWKSet, decodeProtectedHeader, importJWK, jwtVerify } from 'jose'

const asked = JSON.parse(readFileSync(0, 'utf8'))
const answer = asked.certificate ? await read(asked.certificate) : await verify(asked)
console.log(JSON.stringify(answer))

// The steps of Open Badges 3.0, sections 8.2.6 and 9: signature, times, status.
async function verify({ base, jwt, now }) {
  const options = { issuer: base, algorithms: ['RS256'], currentDate: new Date(now) }
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', base))
  let verified
  try {
    verified = await jwtVerify(jwt, keys, options)
  } catch (error) {
    return { refused: error.code }
  }
  const { payload, protectedHeader } = verified
  // The key that the header names by its address is the same.
  const key = await (await fetch(protectedHeader.kid)).json()
  await jwtVerify(jwt, await importJWK(key, 'RS256'), options)
  const statuses = {}
  for (const entry of payload.credentialStatus) {
    const list = await (await fetch(entry.statusListCredential)).text()
    const { payload: signed } = await jwtVerify(list, keys, options)
    const { statusPurpose, encodedList } = signed.credentialSubject
    if (signed.id !== entry.statusListCredential || statusPurpose !== entry.statusPurpose) throw new Error('another list')
    if (!encodedList.startsWith('u')) throw new Error('not base64url')
    const bits = gunzipSync(Buffer.from(encodedList.slice(1), 'base64url'))
    if (bits.length * 8 < 131072) throw new Error('too short to hide in')
    const at = Number(entry.statusListIndex)
    statuses[entry.statusPurpose] = (bits[at >> 3] & (0x80 >> (at & 7))) !== 0
  }
  return { header: decodeProtectedHeader(jwt), payload, statuses }
}

// The text, the title, the roles of its structure and what the code says.
async function read(certificate) {
  const { createCanvas } = await import('@napi-rs/canvas')
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs')
  const { default: jsQR } = await import('jsqr')
  const file = await getDocument({ data: new Uint8Array(Buffer.from(certificate, 'base64')), verbosity: 0 }).promise
  const page = await file.getPage(1)
  const { items } = await page.getTextContent()
  const viewport = page.getViewport({ scale: 2 })
  const canvas = createCanvas(viewport.width, viewport.height)
  const canvasContext = canvas.getContext('2d')
  await page.render({ canvas, canvasContext, viewport }).promise
  const { data, width, height } = canvasContext.getImageData(0, 0, canvas.width, canvas.height)
  const { info } = await file.getMetadata()
  const roles = []
  const walk = node => {
    if (node.role) roles.push(node.alt ? `${node.role}: ${node.alt}` : node.role)
    node.children?.forEach(walk)
  }
  walk(await page.getStructTree())
  return {
    pages: file.numPages,
    text: items.map(item => item.str).filter(Boolean),
    code: jsQR(data, width, height)?.data ?? null,
    title: info.Title,
    language: info.Language,
    roles,
  }
}
