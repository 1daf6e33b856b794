// What a crawler wants to know about an HTML page: its title, where it links to, and the anchors others may link to.
//
// parse5's tokenizer is used without its tree builder: start tags and their attributes are all that matters here, no tree is
// held in memory, and a page of any depth costs time in proportion to its length. HTML has no syntax errors, so there is no
// failure to report. Links come back as written; `resolveLink` in address.ts makes addresses of them.

import { html as names, type Token, Tokenizer, TokenizerMode } from 'parse5'

export interface PageContent {
  readonly title: string
  /** Every link as written, in order, each spelling once. */
  readonly links: readonly string[]
  /** Values of `id`, and of `name` on `<a>`: what a fragment can point to. */
  readonly anchors: ReadonlySet<string>
  /** The page's own `<base href>`, if it has one. */
  readonly base: string | undefined
}

const linkAttributes: ReadonlyMap<string, readonly string[]> = new Map([
  ['a', ['href', 'xlink:href']],
  ['area', ['href']],
  ['audio', ['src']],
  ['embed', ['src']],
  ['frame', ['src']],
  ['iframe', ['src']],
  ['image', ['href', 'xlink:href']],
  ['img', ['src']],
  ['input', ['src']],
  ['link', ['href']],
  ['object', ['data']],
  ['script', ['src']],
  ['source', ['src']],
  ['track', ['src']],
  ['use', ['href', 'xlink:href']],
  ['video', ['src', 'poster']],
])

/** What follows these tags is text, whatever it looks like. Without this, markup inside a script would count as links. */
const textModes: ReadonlyMap<string, Tokenizer['state']> = new Map([
  ['iframe', TokenizerMode.RAWTEXT],
  ['noembed', TokenizerMode.RAWTEXT],
  ['noframes', TokenizerMode.RAWTEXT],
  ['plaintext', TokenizerMode.PLAINTEXT],
  ['script', TokenizerMode.SCRIPT_DATA],
  ['style', TokenizerMode.RAWTEXT],
  ['textarea', TokenizerMode.RCDATA],
  ['title', TokenizerMode.RCDATA],
  ['xmp', TokenizerMode.RAWTEXT],
])

export function readPage(source: string): PageContent {
  const reader = new PageReader()
  const tokenizer: Tokenizer = new Tokenizer({ sourceCodeLocationInfo: false }, reader)
  reader.tokenizer = tokenizer
  tokenizer.write(source, true)
  return {
    title: reader.title.replace(/\s+/g, ' ').trim(),
    links: [...reader.links],
    anchors: reader.anchors,
    base: reader.base,
  }
}

/** Receives the tokens of one page. */
class PageReader {
  title = ''
  base: string | undefined
  readonly links = new Set<string>()
  readonly anchors = new Set<string>()
  tokenizer: Tokenizer | undefined
  /** Inside `<svg>` or `<math>`, where `<title>` and `<style>` are ordinary elements. */
  #foreignDepth = 0
  #titleState: 'before' | 'inside' | 'after' = 'before'

  onStartTag(tag: Token.TagToken): void {
    const name = tag.tagName
    const attributes = new Map(tag.attrs.map((attribute) => [attribute.name, attribute.value]))
    this.#collectAnchors(name, attributes)
    this.#collectLinks(name, attributes)
    if (name === 'svg' || name === 'math') {
      if (!tag.selfClosing) this.#foreignDepth++
    } else if (this.#foreignDepth === 0) {
      if (name === 'title' && this.#titleState === 'before') this.#titleState = 'inside'
      const mode = textModes.get(name)
      if (mode !== undefined && this.tokenizer !== undefined) this.tokenizer.state = mode
    }
  }

  onEndTag(tag: Token.TagToken): void {
    if (tag.tagName === 'title' && this.#titleState === 'inside') this.#titleState = 'after'
    if ((tag.tagName === 'svg' || tag.tagName === 'math') && this.#foreignDepth > 0) this.#foreignDepth--
  }

  onCharacter(token: Token.CharacterToken): void {
    if (this.#titleState === 'inside') this.title += token.chars
  }

  onWhitespaceCharacter(token: Token.CharacterToken): void {
    this.onCharacter(token)
  }

  onNullCharacter(): void {}
  onComment(): void {}
  onDoctype(): void {}
  onEof(): void {}

  #collectAnchors(name: string, attributes: ReadonlyMap<string, string>): void {
    const id = attributes.get('id')
    if (id !== undefined) this.anchors.add(id)
    const legacy = name === names.TAG_NAMES.A ? attributes.get('name') : undefined
    if (legacy !== undefined) this.anchors.add(legacy)
  }

  #collectLinks(name: string, attributes: ReadonlyMap<string, string>): void {
    if (name === 'base') this.base ??= attributes.get('href')
    // A hint to open a connection names a host, not a document.
    if (name === 'link' && /\b(preconnect|dns-prefetch)\b/i.test(attributes.get('rel') ?? '')) return
    for (const key of linkAttributes.get(name) ?? []) this.#addLink(attributes.get(key))
    if (name === 'img' || name === 'source') {
      for (const candidate of splitSrcset(attributes.get('srcset') ?? '')) this.#addLink(candidate)
    }
    if (name === 'meta' && attributes.get('http-equiv')?.toLowerCase() === 'refresh') {
      const content = attributes.get('content')?.trim() ?? ''
      this.#addLink(/^[\d.]*\s*[;,]\s*url\s*=\s*["']?([^"']*)/i.exec(content)?.[1])
    }
  }

  #addLink(href: string | undefined): void {
    if (href !== undefined) this.links.add(href.trim())
  }
}

/** `a.png 1x, b.png 2x` to its addresses: an address runs to the next space, what follows it to the next comma. */
function splitSrcset(srcset: string): string[] {
  const addresses: string[] = []
  let expectsAddress = true
  for (const word of srcset.split(/\s+/)) {
    const comma = word.indexOf(',')
    const address: string = expectsAddress ? word : comma === -1 ? '' : word.slice(comma + 1)
    if (!expectsAddress && comma === -1) continue
    const bare = stripCommas(address)
    if (bare !== '') addresses.push(bare)
    expectsAddress = bare === '' || address.endsWith(',')
  }
  return addresses
}

/** By hand: a regular expression for this takes quadratic time on a page that is all commas. */
function stripCommas(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text[start] === ',') start++
  while (end > start && text[end - 1] === ',') end--
  return text.slice(start, end)
}
