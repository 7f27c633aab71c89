import { OCPP_LIMITS } from "./limits.ts";
import { TokenBucket } from "./token_bucket.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, LETTER_U = 0x75, ZERO = 0x30, NINE = 0x39;
/** JSON.parse keeps one copy of each text of at most so many characters, and looks for it each time. */
const INTERNED_CHARS = 10;
/** Bytes of an escaped character: \u and four digits. */
const ESCAPE_BYTES = 6;

/**
 * What reading a message costs a Worker, in bytes of ordinary text: its own bytes, `messageOverheadBytes` for what every
 * message costs, and in one longer than `plainBytes` `numberTextBytes` for each short text of digits.
 *
 * The attack: V8 keeps short texts once, in a table where a text of digits lies at a place that the digits name. Whoever
 * chooses them lets thousands meet at one place, and 260 KB take 20 times as long to read (decisions/0195). So it is
 * counted before anything reads the message, and never too low: what only looks like such a text counts as well.
 */
export function messageCost(bytes: Uint8Array): number {
  const cost = bytes.length + OCPP_LIMITS.messageOverheadBytes;
  if (bytes.length <= OCPP_LIMITS.plainBytes) return cost;
  return cost + numberTexts(bytes) * OCPP_LIMITS.numberTextBytes;
}

/** How much of one peer a Worker reads, which has others to read: `floodBytes` at once, `floodBytesPerSecond` on average. */
export class ReadingAllowance {
  readonly #bucket: TokenBucket;

  constructor(now: number) {
    this.#bucket = new TokenBucket(OCPP_LIMITS.floodBytes, OCPP_LIMITS.floodBytesPerSecond, now);
  }

  /** Whether one more message may be read; `now` is monotonic milliseconds. */
  take(bytes: Uint8Array, now: number): boolean {
    return this.#bucket.take(now, messageCost(bytes));
  }
}

/** How many quotes are followed by one to ten digits, escaped or not, and a quote. */
function numberTexts(bytes: Uint8Array): number {
  let texts = 0;
  for (let at = bytes.indexOf(QUOTE); at >= 0; at = bytes.indexOf(QUOTE, at)) {
    let chars = 0;
    for (at++; chars <= INTERNED_CHARS; chars++) {
      const byte = bytes[at];
      if (byte !== undefined && byte >= ZERO && byte <= NINE) at++;
      else if (byte === BACKSLASH && bytes[at + 1] === LETTER_U) at += ESCAPE_BYTES;
      else break;
    }
    if (chars > 0 && chars <= INTERNED_CHARS && bytes[at] === QUOTE) texts++;
  }
  return texts;
}
