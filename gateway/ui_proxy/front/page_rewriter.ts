import { Buffer } from "node:buffer";
import type { DeviceOrigins } from "../device_origins.ts";
import { UI_PROXY_LIMITS } from "../limits.ts";

/** Changes a body on its way, piece by piece. */
export interface BodyRewriter {
  push(piece: Uint8Array): Uint8Array;
  end(): Uint8Array;
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
  #held = "";

  constructor(facts: RewriteFacts) {
    this.#facts = facts;
    this.#protocol = new URL(facts.url).protocol;
  }

  push(piece: Uint8Array): Uint8Array {
    const text = this.#held + Buffer.from(piece).toString("latin1");
    // Only what cannot be the beginning of an address goes on: the last slashes and what stands behind them wait.
    const at = text.length > HELD_BACK ? cutAt(text) : 0;
    this.#held = text.slice(at);
    return Buffer.from(this.#rewrite(text.slice(0, at)), "latin1");
  }

  end(): Uint8Array {
    const text = this.#rewrite(this.#held);
    this.#held = "";
    return Buffer.from(text, "latin1");
  }

  #rewrite(text: string): string {
    const { url, origins } = this.#facts;
    return text.replace(ADDRESS, (all, scheme: string | undefined, slashes: string, host: string) => {
      const own = origins.translate(`${scheme ?? this.#protocol}//${host}/`, url);
      if (own === undefined) return all;
      const plain = own.replace(/\/$/, "");
      return slashes.includes("\\") ? plain.replaceAll("/", "\\/") : plain;
    });
  }
}

/** An absolute or scheme-relative address, also with the slashes of JSON in scripts (`http:\/\/`). */
const ADDRESS = /(https?:)?(\\?\/\\?\/)([A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::\d{1,5})?)(?![A-Za-z0-9.:@-])/g;

/** Where a text may be cut without cutting an address: before the last run that could be the beginning of one. */
function cutAt(text: string): number {
  const tail = /(?:h(?:t(?:t(?:p(?:s?:?)?)?)?)?)?(?:https?:)?\\?\/?\\?\/?[A-Za-z0-9.:-]{0,260}$/.exec(
    text.slice(-HELD_BACK),
  );
  return text.length - (tail?.[0].length ?? 0);
}

/** Puts a script into a page before any of the page's own. */
class ScriptInjector implements BodyRewriter {
  readonly #script: string;
  readonly #links: LinkRewriter;
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(script: string, links: LinkRewriter) {
    this.#script = script;
    this.#links = links;
  }

  push(piece: Uint8Array): Uint8Array {
    if (!this.#head) return this.#links.push(piece);
    this.#head = Buffer.concat([this.#head, piece]);
    const at = placeOf(this.#head.toString("latin1"));
    if (at === undefined && this.#head.length < UI_PROXY_LIMITS.injectBytes) return new Uint8Array(0);
    return this.#inject(at ?? 0);
  }

  end(): Uint8Array {
    const rest = this.#head ? this.#inject(placeOf(this.#head.toString("latin1")) ?? 0) : new Uint8Array(0);
    return Buffer.concat([rest, this.#links.end()]);
  }

  #inject(at: number): Uint8Array {
    const head = this.#head!;
    this.#head = undefined;
    // A page in UTF-16 without saying so in its type: a script in other bytes would break it.
    if (head[0] === 0xfe && head[1] === 0xff || head[0] === 0xff && head[1] === 0xfe) return this.#links.push(head);
    const before = this.#links.push(head.subarray(0, at)), held = this.#links.end();
    return Buffer.concat([before, held, Buffer.from(this.#script, "latin1"), this.#links.push(head.subarray(at))]);
  }
}

/** Behind the head's tag, else that of html, else the document type; undefined while neither can be excluded. */
function placeOf(text: string): number | undefined {
  const head = /<head(?:\s[^>]*)?>/i.exec(text);
  if (head) return head.index + head[0].length;
  // A page without a head: its first other element says that none comes.
  const body = /<(?:body|script|link|meta|title|div|p|h1|form|table|frameset|style)[\s>]/i.exec(text);
  return body?.index;
}
