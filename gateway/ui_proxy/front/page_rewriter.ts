import { Buffer } from "node:buffer";
import type { DeviceOrigins } from "../device_origins.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** Changes a body on its way, piece by piece. */
export interface BodyRewriter {
  push(piece: Uint8Array): Uint8Array;
  end(): Uint8Array;
  /** The whole body at once, instead of both. */
  whole(bytes: Uint8Array): Uint8Array;
}

/** Types whose text may name the device's own address. */
const TEXT = /^(?:text\/(?:html|css|javascript)|application\/(?:xhtml\+xml|javascript|x-javascript))\s*(?:;|$)/i;
const HTML = /^(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i;

/** Longest text that may still become an address: a scheme, a host name, a port. */
const HELD_BACK = 300;

/** What a rewriter needs to know of an answer. */
export interface RewriteFacts {
  readonly type: string;
  /** The device compressed it although it was asked not to: nothing is changed. */
  readonly encoded: boolean;
  /** The device's URL of the page. */
  readonly url: string;
  readonly origins: DeviceOrigins;
  /** Put into pages as the first script; absent: none. */
  readonly script?: string;
}

/** The rewriter of an answer's body; undefined when it goes on as it is. */
export function rewriterOf(facts: RewriteFacts): BodyRewriter | undefined {
  if (facts.encoded || !TEXT.test(facts.type) || /charset\s*=\s*"?utf-?(?:16|32)/i.test(facts.type)) return undefined;
  const links = new LinkRewriter(facts);
  return facts.script !== undefined && HTML.test(facts.type) ? new ScriptInjector(facts.script, links) : links;
}

/**
 * Puts the gateway's origins where the device writes its own address. Bytes are read as Latin-1 and written back, so any
 * encoding that keeps ASCII goes through unharmed.
 */
class LinkRewriter implements BodyRewriter {
  readonly #facts: RewriteFacts;
  readonly #protocol: string;
  #held: Buffer = NOTHING;

  constructor(facts: RewriteFacts) {
    this.#facts = facts;
    this.#protocol = facts.url.slice(0, facts.url.indexOf(":") + 1);
  }

  push(piece: Uint8Array): Uint8Array {
    const bytes = this.#held.length === 0 ? asBuffer(piece) : Buffer.concat([this.#held, piece]);
    // Only what cannot be the beginning of an address goes on: the last slashes and what stands behind them wait.
    const at = bytes.length > HELD_BACK ? cutAt(bytes) : 0;
    this.#held = bytes.subarray(at);
    return this.#rewrite(bytes.subarray(0, at));
  }

  end(): Uint8Array {
    const held = this.#held;
    this.#held = NOTHING;
    return this.#rewrite(held);
  }

  /** A whole body at once: nothing has to wait. */
  whole(bytes: Uint8Array): Uint8Array {
    return this.#rewrite(asBuffer(bytes));
  }

  /** Bytes between addresses are passed on as they are: writing Latin-1 back takes Deno 30 us a KiB (2.9.6). */
  #rewrite(bytes: Buffer): Uint8Array {
    const text = bytes.toString("latin1"), parts: Uint8Array[] = [];
    if (!text.includes("//") && !text.includes(ESCAPED)) return bytes;
    let from = 0;
    for (const match of text.matchAll(ADDRESS)) {
      const own = this.#own(match[1], match[2]!, match[3]!);
      if (own === undefined) continue;
      parts.push(bytes.subarray(from, match.index), Buffer.from(own));
      from = match.index + match[0].length;
    }
    return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
  }

  #own(scheme: string | undefined, slashes: string, host: string): string | undefined {
    const { url, origins } = this.#facts;
    const plain = origins.translate(`${scheme ?? this.#protocol}//${host}/`, url)?.replace(/\/$/, "");
    return slashes.includes("\\") ? plain?.replaceAll("/", "\\/") : plain;
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
/** What two slashes hold where a script wrote backslashes between them. */
const ESCAPED = "/\\/";

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** An absolute or scheme-relative address, also with the slashes of JSON in scripts (`http:\/\/`). */
const ADDRESS = /(https?:)?(\\?\/\\?\/)([A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?)(?![A-Za-z0-9.:@-])/g;

/** Where bytes may be cut without cutting an address: before the last run that could be the beginning of one. */
function cutAt(bytes: Buffer): number {
  const tail = /(?:h(?:t(?:t(?:p(?:s?:?)?)?)?)?)?(?:https?:)?\\?\/?\\?\/?[A-Za-z0-9.:-]{0,260}$/.exec(
    bytes.toString("latin1", bytes.length - HELD_BACK),
  );
  return bytes.length - (tail?.[0].length ?? 0);
}

/** Puts a script into a page before any of the page's own. */
class ScriptInjector implements BodyRewriter {
  readonly #script: string;
  readonly #links: LinkRewriter;
  #head: Buffer | undefined = NOTHING;

  constructor(script: string, links: LinkRewriter) {
    this.#script = script;
    this.#links = links;
  }

  push(piece: Uint8Array): Uint8Array {
    if (!this.#head) return this.#links.push(piece);
    this.#head = Buffer.concat([this.#head, piece]);
    const at = placeOf(this.#head);
    if (at === undefined && this.#head.length < UI_PROXY_LIMITS.injectBytes) return NOTHING;
    const [before, script, behind] = this.#around(this.#head, at ?? 0);
    this.#head = undefined;
    return Buffer.concat([this.#links.push(before), this.#links.end(), script, this.#links.push(behind)]);
  }

  end(): Uint8Array {
    if (!this.#head) return this.#links.end();
    const rest = this.whole(this.#head);
    this.#head = undefined;
    return rest;
  }

  whole(bytes: Uint8Array): Uint8Array {
    const page = asBuffer(bytes), [before, script, behind] = this.#around(page, placeOf(page) ?? 0);
    return Buffer.concat([this.#links.whole(before), script, this.#links.whole(behind)]);
  }

  #around(page: Buffer, at: number): readonly [before: Buffer, script: Buffer, behind: Buffer] {
    // A page in UTF-16 without saying so in its type: a script in other bytes would break it.
    const isWide = page[0] === 0xfe && page[1] === 0xff || page[0] === 0xff && page[1] === 0xfe;
    return [page.subarray(0, at), isWide ? NOTHING : Buffer.from(this.#script), page.subarray(at)];
  }
}

/** Behind the head's tag, else that of html, else the document type; undefined while neither can be excluded. */
function placeOf(page: Buffer): number | undefined {
  const text = page.toString("latin1", 0, UI_PROXY_LIMITS.injectBytes);
  // In two steps: where the first such tag has no end, none behind it has, and each was looked through to the last byte.
  const head = text.search(/<head[\s>]/i), end = head < 0 ? -1 : text.indexOf(">", head);
  if (end >= 0) return end + 1;
  // A page without a head: its first other element says that none comes.
  const body = /<(?:body|script|link|meta|title|div|p|h1|form|table|frameset|style)[\s>]/i.exec(text);
  return body?.index;
}
