// One spelling for every web address.
//
// A page links to `/a/../b`, `b`, `HTTP://Host:80/b#top` and `/%62`, and means one thing; a crawler that does not see that
// fetches it four times. `resolveLink` turns a link as written into the one spelling the rest of the crawler keys on,
// its fragment set apart, or says why there is nothing to fetch. Pure functions; nothing here touches the network.

/** A link after resolution: something to fetch, something of another scheme, or nothing that can be understood. */
export type Resolved =
  | { readonly kind: 'web'; readonly url: string; readonly fragment: string }
  | { readonly kind: 'other'; readonly scheme: string }
  | { readonly kind: 'invalid' }

/** Resolves `href` as a browser would on a page at `base`. */
export function resolveLink(href: string, base: string): Resolved {
  // URL.parse is not in Node 20.
  if (!URL.canParse(href, base)) return { kind: 'invalid' }
  const url = new URL(href, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { kind: 'other', scheme: url.protocol.slice(0, -1) }
  const fragment = url.hash.slice(1)
  url.hash = ''
  url.pathname = normaliseEscapes(url.pathname)
  url.search = url.search === '' ? '' : normaliseEscapes(url.search)
  // `href` keeps a lone `?` and, after the line above, never a `#`.
  return { kind: 'web', url: url.href, fragment }
}

/** Characters that RFC 3986 calls unreserved mean the same escaped or not; every other escape is written in capitals. */
function normaliseEscapes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (written, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[\w.~-]/.test(character) ? character : written.toUpperCase()
  })
}

/** `host:port/path` without the scheme, or the path alone when the address is on `origin`: what a reader wants to see. */
export function displayAddress(url: string, origin: string): string {
  return url.startsWith(`${origin}/`) ? url.slice(origin.length) : url
}
